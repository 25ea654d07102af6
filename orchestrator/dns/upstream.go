package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// upstream asks other servers.
type upstream struct {
	cfg    Config
	places chan struct{} // one for each question that may be under way
}

var errBusy = errors.New("too many questions are under way")

// ask returns what the first server says that says something, over UDP or,
// where that is cut short, over TCP.
func (u *upstream) ask(ctx context.Context, question dns.Question) (*dns.Msg, error) {
	select {
	case u.places <- struct{}{}:
		defer func() { <-u.places }()
	default:
		return nil, errBusy
	}
	m := new(dns.Msg)
	m.Id, m.RecursionDesired = dns.Id(), true
	m.Question = []dns.Question{question}
	m.SetEdns0(maxUDP, false)
	var errs []error
	for _, server := range u.cfg.Upstream {
		said, err := u.exchange(ctx, m, server)
		if err == nil && said.Rcode != dns.RcodeServerFailure && said.Rcode != dns.RcodeRefused {
			return said, nil
		}
		if err == nil {
			err = errors.New(dns.RcodeToString[said.Rcode])
		}
		errs = append(errs, fmt.Errorf("ask server %s: %w", server, err))
	}
	return nil, errors.Join(errs...)
}

func (u *upstream) exchange(ctx context.Context, m *dns.Msg, server netip.AddrPort) (*dns.Msg, error) {
	client := dns.Client{Timeout: u.cfg.Patience, UDPSize: maxUDP}
	said, _, err := client.ExchangeContext(ctx, m, server.String())
	if err == nil && said.Truncated {
		client.Net = "tcp"
		said, _, err = client.ExchangeContext(ctx, m, server.String())
	}
	return said, err
}

// SystemUpstream returns the name servers of this machine, as /etc/resolv.conf
// names them, for Config.Upstream.
func SystemUpstream() ([]netip.AddrPort, error) { return upstreamFrom("/etc/resolv.conf") }

func upstreamFrom(file string) ([]netip.AddrPort, error) {
	c, err := dns.ClientConfigFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read name servers: %w", err)
	}
	var servers []netip.AddrPort
	for _, text := range c.Servers {
		if ip, err := netip.ParseAddr(text); err == nil {
			servers = append(servers, netip.AddrPortFrom(ip, 53))
		}
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("read name servers: %s has none", file)
	}
	return servers, nil
}

// Resolver returns one that asks a server, for Go programs that have no
// resolv.conf which names it:
//
//	client := http.Client{Transport: &http.Transport{
//		DialContext: (&net.Dialer{Resolver: dns.Resolver(server)}).DialContext,
//	}}
func Resolver(server netip.AddrPort) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.String())
	}}
}

package proxy

import (
	"cmp"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/service"
)

// Config says where services are reached, and how patient the proxy is.
type Config struct {
	// Client has the services and endpoints. Required.
	Client *orchestrator.Client

	// Portals says where the cluster IPs of services are. Zero: Loopback.
	Portals Portals
	// Interface is the name of the network interface that HostPortals makes and
	// removes. What has this name at the start is a leftover. Zero: "coracle0".
	Interface string
	// Range is where cluster IPs come from; HostPortals refuses it where the
	// machine has a network there already. Zero: not checked.
	Range netip.Prefix

	// NodeAddresses are the addresses of this machine on which node ports are
	// reached. Nil: all, IPv4 and IPv6.
	NodeAddresses []netip.Addr

	// Firewall says who may reach which ports of services, beside what each
	// service says itself; see service.Allow. Nil: everybody.
	Firewall []service.Rule

	// Connect is how long an endpoint may take to accept a connection, before
	// another is tried. Zero: 2s.
	Connect time.Duration
	// Wait is how long a client whose connection no endpoint takes is kept waiting
	// for one that does. Zero: its connection is closed at once.
	Wait time.Duration
	// Idle is how long a connection may be silent both ways before it is closed.
	// Zero: 1h.
	Idle time.Duration
	// Session is how long a client of UDP stays with an endpoint after the last
	// datagram in either direction. Zero: 1m.
	Session time.Duration
	// Drain is how long connections go on to an endpoint that was removed, or
	// through a service that was. Zero: 30s. Negative: not at all.
	Drain time.Duration
	// Shun is how long an endpoint that refused or did not answer is left out
	// where there are others. Zero: 1s. Negative: not at all.
	Shun time.Duration

	// Connections bounds connections and UDP sessions, all together. What comes beyond is closed
	// at once. Zero: as many as the limit of open files allows.
	Connections int
	// PerService bounds the connections and sessions of one port of a service. Zero: as Connections.
	PerService int

	// Replay is how many bytes of a client are kept until its endpoint answers.
	// If the endpoint dies before its first byte, they are sent to another, and
	// the client sees nothing of it. The dead one may have acted on them, so this
	// is for services where asking twice does no harm. Zero: none.
	Replay int

	// Loops is how many threads move bytes. Zero: runtime.GOMAXPROCS.
	Loops int
}

// Portals says where the cluster IPs of services are.
type Portals string

// Where cluster IPs are, and what each way needs.
const (
	// Loopback: cluster IPs are addresses of 127.0.0.0/8 (or ::1), which every
	// Linux machine has already. Needs nothing; reached from this machine alone.
	Loopback Portals = "loopback"
	// HostPortals: cluster IPs are put on an interface of the proxy's own. Needs
	// root (CAP_NET_ADMIN); reached from this machine and from every network
	// that has it as its gateway, such as those of Docker.
	HostPortals Portals = "host"
	// NoPortals: services are reached by node ports and external addresses only.
	NoPortals Portals = "none"
)

// withDefaults returns the config with every zero figure filled in.
func (c Config) withDefaults() Config {
	c.Portals = cmp.Or(c.Portals, Loopback)
	c.Interface = cmp.Or(c.Interface, "coracle0")
	if c.NodeAddresses == nil {
		c.NodeAddresses = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	}
	c.Connect = cmp.Or(c.Connect, 2*time.Second)
	c.Idle = cmp.Or(c.Idle, time.Hour)
	c.Session = cmp.Or(c.Session, time.Minute)
	c.Drain = max(cmp.Or(c.Drain, 30*time.Second), 0)
	c.Shun = max(cmp.Or(c.Shun, time.Second), 0)
	c.Connections = cmp.Or(c.Connections, openFiles())
	c.PerService = cmp.Or(c.PerService, c.Connections)
	c.Loops = cmp.Or(c.Loops, runtime.GOMAXPROCS(0))
	return c
}

// validate returns the first figure that makes no sense.
func (c Config) validate() error {
	switch c.Portals {
	case "", Loopback, HostPortals, NoPortals:
	default:
		return configError("Portals", c.Portals, "must be loopback, host or none")
	}
	if c.Client == nil {
		return configError("Client", nil, "is required: it has the services")
	}
	if len(c.Interface) > 15 {
		return configError("Interface", c.Interface, "must have at most 15 characters")
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"Connect", c.Connect}, {"Wait", c.Wait}, {"Idle", c.Idle}, {"Session", c.Session}} {
		if f.value < 0 {
			return configError(f.name, f.value, "must not be negative")
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Connections", c.Connections}, {"PerService", c.PerService}, {"Replay", c.Replay}, {"Loops", c.Loops}} {
		if f.value < 0 {
			return configError(f.name, f.value, "must not be negative")
		}
	}
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	if r := c.Range; r.IsValid() && cmp.Or(c.Portals, Loopback) == Loopback &&
		(!loopback.Contains(r.Addr()) || r.Bits() < loopback.Bits()) {
		return configError("Range", r, "must lie in 127.0.0.0/8 where Portals is loopback")
	}
	return nil
}

// configError says what is wrong with a field of the Config; value is nil where it is missing.
func configError(field string, value any, problem string) error {
	if value == nil {
		return fmt.Errorf("config field %s: %s", field, problem)
	}
	return fmt.Errorf("config field %s: %v: %s", field, value, problem)
}

package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// maxUDP is how large an answer over UDP is at most, whatever the client says it
// takes: larger ones are cut into fragments on the way, which get lost.
const maxUDP = 1232

// Server answers questions about the names of services.
//
// Make one with New and start it with Run. Status may be called by any number of
// goroutines, before, while and after Run runs.
type Server struct {
	cfg      Config
	reverse  *reverse
	upstream *upstream
	ran      atomic.Bool

	queries, refused, forwarded, failed, truncated atomic.Uint64
}

// Status counts what a server has done since it was made.
type Status struct {
	Queries   uint64 // questions that were answered
	Refused   uint64 // of these, those that were for somebody else
	Forwarded uint64 // of these, those that somebody else was asked
	Failed    uint64 // of these, those that nobody else could answer
	Truncated uint64 // of all answers, those that were cut short: the client asks again over TCP
}

// New returns a server that does nothing before Run. It is an error if the
// config makes no sense.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Server{
		cfg:      cfg,
		reverse:  &reverse{cfg: cfg},
		upstream: &upstream{cfg: cfg, places: make(chan struct{}, cfg.Forwards)},
	}, nil
}

// Status returns the counters.
func (s *Server) Status() Status {
	return Status{s.queries.Load(), s.refused.Load(), s.forwarded.Load(), s.failed.Load(), s.truncated.Load()}
}

// Run answers until ctx ends, and returns nil then. It returns an error if an
// address can't be listened on, or if Run was called before.
func (s *Server) Run(ctx context.Context) error {
	if s.ran.Swap(true) {
		return errors.New("run dns server: Run was called before")
	}
	sockets, err := listen(ctx, s.cfg)
	if err != nil {
		return fmt.Errorf("run dns server: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.reverse.reset(s.cfg.Client.View())
	var group sync.WaitGroup
	group.Go(func() { s.reverse.follow(ctx) })
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, asked *dns.Msg) { s.handle(ctx, w, asked) })
	failed := make(chan error, 2*len(sockets))
	var servers []*dns.Server
	var on []netip.AddrPort
	for _, at := range sockets {
		on = append(on, at.address)
		servers = append(servers,
			&dns.Server{PacketConn: at.udp, Handler: handler, UDPSize: 4096},
			&dns.Server{Listener: at.tcp, Handler: handler})
	}
	for _, server := range servers {
		started, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		group.Go(func() {
			failed <- server.ActivateAndServe()
			cancel()
			close(ended)
		})
		select { // whatever ctx says: one that has not started yet can't be shut down
		case <-started:
		case <-ended:
		}
	}
	if s.cfg.Listening != nil {
		s.cfg.Listening(on)
	}
	<-ctx.Done()
	return s.stop(servers, &group, failed)
}

// stop ends the servers and returns why one of them has ended before.
func (s *Server) stop(servers []*dns.Server, group *sync.WaitGroup, failed <-chan error) error {
	end, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, server := range servers {
		_ = server.ShutdownContext(end) // its sockets are closed; a client that still reads is left
	}
	group.Wait()
	var errs []error
	for range servers {
		if err := <-failed; err != nil {
			errs = append(errs, fmt.Errorf("run dns server: %w", err))
		}
	}
	return errors.Join(errs...)
}

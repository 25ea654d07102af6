package dns

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
)

// DefaultAddress is where a server answers if nobody says otherwise: this machine
// alone can ask there, and it needs no right to the port.
var DefaultAddress = netip.MustParseAddrPort("127.0.0.1:10053")

// Config says what a server answers, and where.
type Config struct {
	// Client has the services and endpoints. Required.
	Client *orchestrator.Client

	// Listen are the addresses to answer on, over UDP and TCP. Port 0 stands for
	// any that is free. Nil: DefaultAddress.
	Listen []netip.AddrPort
	// Listening is called once the server answers, with its addresses. It must
	// not block. Nil: nobody is told.
	Listening func(on []netip.AddrPort)

	// Domain is the domain of the cluster. Zero: cluster.local.
	Domain string
	// Namespace is the one of services that are asked for without theirs. Zero: default.
	Namespace string
	// TTL is how long an answer may be kept, in whole seconds. Zero: 5s.
	// Negative: not at all.
	TTL time.Duration

	// Upstream are the servers that are asked for all other names, in this order:
	// the next one where one fails or does not answer. Nil: such questions are refused.
	Upstream []netip.AddrPort
	// Patience is how long one of them may take. Zero: 2s.
	Patience time.Duration
	// Forwards bounds how many questions are with them at once. More are answered
	// with SERVFAIL. Zero: 256.
	Forwards int

	// Connections bounds the TCP connections to each address. Others wait. Zero: 256.
	Connections int
}

// withDefaults returns the config with every zero figure filled in.
func (c Config) withDefaults() Config {
	if len(c.Listen) == 0 {
		c.Listen = []netip.AddrPort{DefaultAddress}
	}
	c.Domain = strings.ToLower(strings.TrimSuffix(cmp.Or(c.Domain, "cluster.local"), "."))
	c.Namespace = cmp.Or(c.Namespace, labels.DefaultNamespace)
	c.TTL = cmp.Or(c.TTL, 5*time.Second)
	c.Patience = cmp.Or(c.Patience, 2*time.Second)
	c.Forwards = cmp.Or(c.Forwards, 256)
	c.Connections = cmp.Or(c.Connections, 256)
	return c
}

// validate returns the first field of a complete config that makes no sense.
func (c Config) validate() error {
	if c.Client == nil {
		return errors.New("config field Client: is required: it has the services")
	}
	for i, a := range c.Listen {
		if !a.Addr().IsValid() {
			return fmt.Errorf("config field Listen[%d]: %s: must be an address and a port", i, a)
		}
	}
	for i, a := range c.Upstream {
		switch {
		case !a.Addr().IsValid() || a.Port() == 0 || a.Addr().IsUnspecified():
			return fmt.Errorf("config field Upstream[%d]: %s: must be an address and a port", i, a)
		case slices.Contains(c.Listen, a):
			return fmt.Errorf("config field Upstream[%d]: %s: must not be one that the server listens on itself", i, a)
		}
	}
	if err := labels.ValidateName(c.Domain); err != nil {
		return fmt.Errorf("config field Domain: %q: %w", c.Domain, err)
	}
	if err := labels.ValidateLabel(c.Namespace); err != nil {
		return fmt.Errorf("config field Namespace: %q: %w", c.Namespace, err)
	}
	if c.Patience < 0 {
		return fmt.Errorf("config field Patience: %s: must not be negative", c.Patience)
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Forwards", c.Forwards}, {"Connections", c.Connections}} {
		if f.value < 0 {
			return fmt.Errorf("config field %s: %d: must not be negative", f.name, f.value)
		}
	}
	return nil
}

// ttl is that of a record.
func (c Config) ttl() uint32 { return uint32(max(0, c.TTL) / time.Second) }

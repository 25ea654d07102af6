package proxy

import (
	"sync"
	"time"
)

// Reasons of the events that the proxy records about services. Each is told at
// most once a second for a port; the counters in Status are exact.
const (
	reasonPortTaken   = "PortTaken"            // something else listens there
	reasonNoPortal    = "PortalUnreachable"    // the address can't be this machine's
	reasonOverlap     = "PortalRangeOverlaps"  // the machine has a network there
	reasonForbidden   = "PortForbidden"        // the system does not let us listen there
	reasonNoEndpoints = "NoEndpoints"          // nobody is there to serve
	reasonAllFailed   = "EndpointsFailing"     // none of them takes connections
	reasonSilent      = "EndpointNotAnswering" // one does not within Connect
	reasonUnreachable = "EndpointUnreachable"  // one can't be connected to
	reasonStalled     = "ClientStalled"        // a client takes nothing
	reasonLimit       = "TooManyConnections"   // beyond Connections or PerService
	reasonExhausted   = "OutOfResources"       // the system has no more sockets or ports
	reasonDenied      = "SourceDenied"         // the firewall refused a client
)

// news is something to be recorded about a service.
type news struct {
	about           name
	reason, message string
}

// teller passes on news of one port, but not too often.
type teller struct {
	about name
	news  chan<- news

	mu   sync.Mutex
	last map[string]time.Time // by reason
}

// tellPeriod is for how long the same reason is not told again.
const tellPeriod = time.Second

// tell never blocks: what nobody takes is not told.
func (t *teller) tell(reason, message string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.last[reason]) < tellPeriod {
		return
	}
	if t.last == nil {
		t.last = make(map[string]time.Time)
	}
	t.last[reason] = now
	select {
	case t.news <- news{t.about, reason, message}:
	default:
	}
}

package node

import (
	"net/netip"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Fault says what is wrong with the node, as far as that can be told without
// asking anybody; "" where it is valid. It is what [Node.Validate] says, or that
// a node with no cpu, no memory or no room for pods at all is of no use. What
// the capacity does not list is not limited, and so no fault.
func (n *Node) Fault() string {
	if err := n.usable(); err != nil {
		return err.Error()
	}
	return ""
}

// usable returns what is wrong with a node that is to be used.
func (n *Node) usable() error {
	if err := n.Validate(); err != nil {
		return err
	}
	var errs labels.FieldErrors
	most := n.Allocatable()
	for _, name := range [...]pod.ResourceName{pod.CPU, pod.Memory, pod.Pods} {
		if q, listed := most[name]; listed && q.Sign() <= 0 {
			errs.Add("status.capacity["+string(name)+"]", q, "must be above 0")
		}
	}
	return errs.Err()
}

// HealthURL returns the URL of the node's health endpoint; "" where it has none.
func (n *Node) HealthURL() string { return n.Annotations[HealthURLAnnotation] }

// validateAnnotations checks what the node's own annotations say.
func (n *Node) validateAnnotations(errs *labels.FieldErrors) {
	if len(n.Annotations) == 0 {
		return
	}
	n.drainRequest(errs)
	if url, given := n.Annotations[HealthURLAnnotation]; given && !validHealthURL(url) {
		errs.Add("metadata.annotations["+HealthURLAnnotation+"]", url, "must be a URL such as http://10.0.0.1:10248/healthz")
	}
}

// validHealthURL reports whether text is an absolute http or https URL of a
// host that has a name or an address.
func validHealthURL(text string) bool {
	rest, secure := strings.CutPrefix(text, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(text, "http://"); !plain {
			return false
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	if _, err := netip.ParseAddrPort(host); err == nil {
		return true
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		_, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && strings.HasSuffix(inner, "]")
	}
	name, port, ported := strings.Cut(host, ":")
	if ported && !validPort(port) {
		return false
	}
	return labels.ValidateName(strings.ToLower(name)) == nil
}

// validPort reports whether text is a port from 1 to 65535.
func validPort(text string) bool {
	if text == "" || len(text) > 5 || text[0] == '0' {
		return false
	}
	port := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		port = port*10 + int(text[i]-'0')
	}
	return port <= 65535
}

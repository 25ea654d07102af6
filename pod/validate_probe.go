package pod

import (
	"math"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validateProbes checks the probes of the container at path.
func validateProbes(errs *labels.FieldErrors, c *Container, path string) {
	if c.LivenessProbe != nil {
		validateProbe(errs, c.LivenessProbe, path+".livenessProbe")
		onlyOnce(errs, c.LivenessProbe, path+".livenessProbe")
	}
	if p := c.ReadinessProbe; p != nil {
		validateProbe(errs, p, path+".readinessProbe")
		if p.TerminationGracePeriodSeconds != nil {
			errs.Add(path+".readinessProbe.terminationGracePeriodSeconds", *p.TerminationGracePeriodSeconds,
				"must not be given: a readiness probe ends nothing")
		}
	}
	if c.StartupProbe != nil {
		validateProbe(errs, c.StartupProbe, path+".startupProbe")
		onlyOnce(errs, c.StartupProbe, path+".startupProbe")
	}
}

// onlyOnce checks that one success is enough for a probe that has nothing to
// tell a second one from.
func onlyOnce(errs *labels.FieldErrors, p *Probe, path string) {
	if p.SuccessThreshold > 1 {
		errs.Add(path+".successThreshold", p.SuccessThreshold, "must be 1 but for a readiness probe")
	}
}

// validateProbe checks what every kind of probe has in common.
func validateProbe(errs *labels.FieldErrors, p *Probe, path string) {
	validateHandler(errs, p.handler(), path, "exec, httpGet and tcpSocket")
	number(errs, path+".initialDelaySeconds", p.InitialDelaySeconds, 0, math.MaxInt32)
	number(errs, path+".timeoutSeconds", p.TimeoutSeconds, 0, math.MaxInt32)
	number(errs, path+".periodSeconds", p.PeriodSeconds, 0, math.MaxInt32)
	number(errs, path+".successThreshold", int64(p.SuccessThreshold), 0, math.MaxInt32)
	number(errs, path+".failureThreshold", int64(p.FailureThreshold), 0, math.MaxInt32)
	seconds(errs, path+".terminationGracePeriodSeconds", p.TerminationGracePeriodSeconds, 1)
}

// handler is what the probe does.
func (p *Probe) handler() *Handler {
	return &Handler{Exec: p.Exec, HTTPGet: p.HTTPGet, TCPSocket: p.TCPSocket}
}

// validateHTTPGet checks a request.
func validateHTTPGet(errs *labels.FieldErrors, h *HTTPGet, path string) {
	validatePort(errs, h.Port, path+".port")
	oneOf(errs, path+".scheme", h.Scheme, "HTTP", "HTTPS")
	for i, header := range h.Headers {
		if !token(header.Name) {
			errs.Add(at(path+".httpHeaders", i)+".name", text(header.Name), "must be the name of an HTTP header: letters, digits and !#$%&'*+-.^_`|~")
		}
		if strings.ContainsAny(header.Value, "\r\n\x00") {
			errs.Add(at(path+".httpHeaders", i)+".value", header.Value, "must be one line of text")
		}
	}
}

// validatePort checks the number or name of a port, which must be given.
func validatePort(errs *labels.FieldErrors, port IntOrString, path string) {
	if port.IsZero() {
		errs.Add(path, nil, "must be given: 1 to 65535, or the name of a port")
		return
	}
	check(errs, path, port.String(), port.Validate())
}

// token reports whether s is a token of HTTP (RFC 9110, 5.6.2).
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

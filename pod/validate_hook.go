package pod

import (
	"fmt"
	"math"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validateLifecycle checks the hooks at path of a container of a pod with that grace.
func validateLifecycle(errs *labels.FieldErrors, l *Lifecycle, path string, grace *int64) {
	if l == nil {
		return
	}
	if l.PostStart != nil {
		validateHandler(errs, l.PostStart, path+".postStart", handlers)
	}
	if l.PreStop != nil {
		validateHandler(errs, l.PreStop, path+".preStop", handlers)
		validateSleepWithin(errs, l.PreStop.Sleep, path+".preStop.sleep.seconds", grace)
	}
}

// handlers lists what a hook may do.
const handlers = "exec, httpGet, tcpSocket and sleep"

// validateHandler checks that a handler does one of the things that are known, and that thing.
func validateHandler(errs *labels.FieldErrors, h *Handler, path, known string) {
	actions := 0
	if h.Exec != nil {
		actions++
		if len(h.Exec.Command) == 0 {
			errs.Add(path+".exec.command", nil, "must be given")
		}
	}
	if h.HTTPGet != nil {
		actions++
		validateHTTPGet(errs, h.HTTPGet, path+".httpGet")
	}
	if h.TCPSocket != nil {
		actions++
		validatePort(errs, h.TCPSocket.Port, path+".tcpSocket.port")
	}
	if h.Sleep != nil {
		actions++
		number(errs, path+".sleep.seconds", h.Sleep.Seconds, 1, math.MaxInt32)
	}
	if actions != 1 {
		errs.Add(path, nil, "must have one of "+known)
	}
}

// validateSleepWithin checks that a pod has the grace to sleep that long.
func validateSleepWithin(errs *labels.FieldErrors, s *Sleep, path string, grace *int64) {
	most := int64(DefaultGracePeriodSeconds)
	if grace != nil {
		most = *grace
	}
	if s != nil && s.Seconds > most {
		errs.Add(path, s.Seconds, fmt.Sprintf("must not exceed the pod's terminationGracePeriodSeconds, which is %d", most))
	}
}

// validateMessage checks where the message of the end of the container at path comes from.
func validateMessage(errs *labels.FieldErrors, c *Container, path string) {
	if c.TerminationMessagePath != "" && !strings.HasPrefix(c.TerminationMessagePath, "/") {
		errs.Add(path+".terminationMessagePath", c.TerminationMessagePath, "must be an absolute path")
	}
	oneOf(errs, path+".terminationMessagePolicy", c.TerminationMessagePolicy, MessageFromFile, MessageFromLogs)
}

// validateResourceFieldRef checks a reference to what a container has.
func validateResourceFieldRef(errs *labels.FieldErrors, ref *ResourceFieldRef, path string) {
	if ref.ContainerName != "" {
		check(errs, path+".containerName", ref.ContainerName, labels.ValidateLabel(ref.ContainerName))
	}
	_, name, ok := ref.amount()
	if !ok {
		errs.Add(path+".resource", text(ref.Resource), "must be "+resourceFields)
	} else if !divides(name, ref.divisor()) {
		errs.Add(path+".divisor", ref.Divisor, "must be "+divisorsOf(name))
	}
}

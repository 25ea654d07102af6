package pod

import (
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// Figures that apply where a specification does not state its own.
const (
	DefaultGracePeriodSeconds    = 30 // between SIGTERM and SIGKILL
	DefaultProbeTimeoutSeconds   = 1
	DefaultProbePeriodSeconds    = 10
	DefaultProbeSuccessThreshold = 1
	DefaultProbeFailureThreshold = 3
)

// DefaultMessagePath is where a container leaves the message of its end.
const DefaultMessagePath = "/dev/termination-log"

// Default fills in what a client may leave out: the namespace, the phase Pending,
// and the specification as [DefaultSpec] does. A second call changes nothing.
func (p *Pod) Default() {
	if p.Namespace == "" {
		p.Namespace = labels.DefaultNamespace
	}
	if p.Status.Phase == "" {
		p.Status.Phase = Pending
	}
	DefaultSpec(&p.Spec)
}

// Default fills in what a client may leave out of the specification: see [DefaultSpec].
func (t *Template) Default() { DefaultSpec(&t.Spec) }

// DefaultSpec fills in what a client may leave out: restart policy Always, 30
// seconds of grace, an EmptyDir for a volume without a source, operator Equal
// for tolerations, with HostNetwork the container's ports as host ports; and for each container its pull policy, TCP, requests from
// limits, where the message of its end is found, and the figures of its probes
// (timeout 1 s, period 10 s, one success, three failures, GET / over HTTP, which
// hooks have too). A second call changes nothing.
func DefaultSpec(s *Spec) {
	if s.RestartPolicy == "" {
		s.RestartPolicy = RestartAlways
	}
	if s.TerminationGracePeriodSeconds == nil {
		grace := int64(DefaultGracePeriodSeconds)
		s.TerminationGracePeriodSeconds = &grace
	}
	for i := range s.Volumes {
		if v := &s.Volumes[i]; len(v.sources()) == 0 {
			v.EmptyDir = &EmptyDir{}
		}
	}
	for i := range s.InitContainers {
		s.InitContainers[i].fill()
	}
	for i := range s.Containers {
		s.Containers[i].fill()
	}
	s.fillHostPorts()
	for i := range s.Tolerations {
		if t := &s.Tolerations[i]; t.Operator == "" {
			t.Operator = TolerationEqual
		}
	}
}

// fillHostPorts makes the ports of a pod on its node's network ports of the node.
func (s *Spec) fillHostPorts() {
	if !s.HostNetwork {
		return
	}
	for _, list := range [...][]Container{s.InitContainers, s.Containers} {
		for i := range list {
			for j := range list[i].Ports {
				orElse(&list[i].Ports[j].HostPort, list[i].Ports[j].ContainerPort)
			}
		}
	}
}

// fill is DefaultSpec for one container.
func (c *Container) fill() {
	if c.ImagePullPolicy == "" {
		c.ImagePullPolicy = defaultPullPolicy(c.Image)
	}
	for i := range c.Ports {
		c.Ports[i].Protocol = c.Ports[i].Protocol.orTCP()
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.APIVersion == "" {
			from.FieldRef.APIVersion = "v1"
		}
	}
	for name, q := range c.Resources.Limits {
		if _, stated := c.Resources.Requests[name]; stated {
			continue
		}
		if c.Resources.Requests == nil {
			c.Resources.Requests = make(Resources, len(c.Resources.Limits))
		}
		c.Resources.Requests[name] = q
	}
	c.LivenessProbe.fill()
	c.ReadinessProbe.fill()
	c.StartupProbe.fill()
	if c.Lifecycle != nil {
		c.Lifecycle.PostStart.fill()
		c.Lifecycle.PreStop.fill()
	}
	orElse(&c.TerminationMessagePath, DefaultMessagePath)
	orElse(&c.TerminationMessagePolicy, MessageFromFile)
}

// fill is DefaultSpec for one probe, if there is one.
func (p *Probe) fill() {
	if p == nil {
		return
	}
	orElse(&p.TimeoutSeconds, DefaultProbeTimeoutSeconds)
	orElse(&p.PeriodSeconds, DefaultProbePeriodSeconds)
	orElse(&p.SuccessThreshold, DefaultProbeSuccessThreshold)
	orElse(&p.FailureThreshold, DefaultProbeFailureThreshold)
	p.HTTPGet.fill()
}

// fill is DefaultSpec for one handler, if there is one.
func (h *Handler) fill() {
	if h != nil {
		h.HTTPGet.fill()
	}
}

// fill is DefaultSpec for one request, if there is one.
func (h *HTTPGet) fill() {
	if h != nil {
		orElse(&h.Path, "/")
		orElse(&h.Scheme, "HTTP")
	}
}

// orElse sets *v where it is the zero value.
func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// defaultPullPolicy returns Always for the tag latest or none, and IfNotPresent
// for any other tag and for a digest.
func defaultPullPolicy(image string) PullPolicy {
	if strings.Contains(image, "@") {
		return PullIfNotPresent
	}
	name := image[strings.LastIndexByte(image, '/')+1:] // a colon before it belongs to the registry
	if _, tag, ok := strings.Cut(name, ":"); ok && tag != "" && tag != "latest" {
		return PullIfNotPresent
	}
	return PullAlways
}

package pod

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
)

// ValidateUpdate returns everything that p changes of old and must not, as
// labels.FieldErrors, or nil. It does not do what [Pod.Validate] does.
//
// A pod's specification stays as it is but for: the images of containers, and
// their pull policy along with them; the node's name, which may be given once;
// the deadline, which may be given or lowered; and further tolerations. A field
// that is left out counts as its default. Name, namespace and uid stay as they
// are. The status is not looked at: see [Status.ValidateUpdate].
func (p *Pod) ValidateUpdate(old *Pod) error {
	errs := labels.ValidateMetaUpdate(&p.Meta, &old.Meta, "metadata")
	now, was := p.Spec.Copy(), old.Spec.Copy()
	DefaultSpec(&now)
	DefaultSpec(&was)
	updateSpec(&errs, &now, &was)
	return errs.Err()
}

// ValidateUpdate returns what s changes of old and must not, as
// labels.FieldErrors, or nil: a phase that is terminal stays what it is, and so do
// the devices.
func (s *Status) ValidateUpdate(old *Status) error {
	var errs labels.FieldErrors
	if old.Phase.Terminal() && s.Phase != old.Phase {
		errs.Add("status.phase", text(s.Phase), "must stay "+string(old.Phase)+", which is final")
	}
	if !slices.EqualFunc(s.Devices, old.Devices, Devices.Equal) {
		errs.Add("status.devices", s.Devices, "must stay as it is: the scheduler chooses the devices")
	}
	return errs.Err()
}

// Why a field of a pod cannot change.
const fixed = "cannot be changed: delete the pod and create another"

// updateSpec compares two specifications that have their defaults.
func updateSpec(errs *labels.FieldErrors, s, old *Spec) {
	same(errs, "spec.volumes", slices.EqualFunc(s.Volumes, old.Volumes, equalVolumes))
	updateContainers(errs, "spec.initContainers", s.InitContainers, old.InitContainers)
	updateContainers(errs, "spec.containers", s.Containers, old.Containers)
	sameValue(errs, "spec.restartPolicy", s.RestartPolicy, old.RestartPolicy)
	sameValue(errs, "spec.terminationGracePeriodSeconds", *s.TerminationGracePeriodSeconds, *old.TerminationGracePeriodSeconds)
	updateDeadline(errs, s.ActiveDeadlineSeconds, old.ActiveDeadlineSeconds)
	same(errs, "spec.nodeSelector", equalMaps(s.NodeSelector, old.NodeSelector))
	same(errs, "spec.affinity", reflect.DeepEqual(s.Affinity, old.Affinity))
	same(errs, "spec.topologySpreadConstraints", slices.EqualFunc(s.TopologySpreadConstraints, old.TopologySpreadConstraints, equalSpreads))
	sameValue(errs, "spec.priority", s.Rank(), old.Rank())
	sameValue(errs, "spec.preemptionPolicy", s.Preempts(), old.Preempts())
	if old.NodeName != "" && s.NodeName != old.NodeName {
		errs.Add("spec.nodeName", text(s.NodeName), fmt.Sprintf("must stay %q: a pod is never moved", old.NodeName))
	}
	updateTolerations(errs, s.Tolerations, old.Tolerations)
	sameValue(errs, "spec.hostname", s.Hostname, old.Hostname)
	sameValue(errs, "spec.subdomain", s.Subdomain, old.Subdomain)
	same(errs, "spec.enableServiceLinks", unlinked(s) == unlinked(old))
	sameValue(errs, "spec.dnsPolicy", s.DNSPolicy.orClusterFirst(), old.DNSPolicy.orClusterFirst())
	same(errs, "spec.imagePullSecrets", slices.Equal(s.ImagePullSecrets, old.ImagePullSecrets))
	same(errs, "spec.dnsConfig", equalDNS(s.DNSConfig, old.DNSConfig))
	sameValue(errs, "spec.hostNetwork", s.HostNetwork, old.HostNetwork)
	sameValue(errs, "spec.hostPID", s.HostPID, old.HostPID)
	sameValue(errs, "spec.hostIPC", s.HostIPC, old.HostIPC)
	same(errs, "spec.securityContext", equalPodSecurity(s.SecurityContext, old.SecurityContext))
}

// unlinked reports whether the containers get no variables of services.
func unlinked(s *Spec) bool { return s.EnableServiceLinks != nil && !*s.EnableServiceLinks }

func equalSpreads(a, b TopologySpread) bool { return reflect.DeepEqual(a, b) }

// same adds an error unless the field at path is the same as before.
func same(errs *labels.FieldErrors, path string, equal bool) {
	if !equal {
		errs.Add(path, nil, fixed)
	}
}

// sameValue is same for a plain value.
func sameValue[T comparable](errs *labels.FieldErrors, path string, v, old T) {
	if v != old {
		errs.Add(path, v, fixed)
	}
}

// updateDeadline checks that a deadline came or was lowered, if it changed at all.
func updateDeadline(errs *labels.FieldErrors, seconds, old *int64) {
	const path = "spec.activeDeadlineSeconds"
	switch {
	case old == nil:
	case seconds == nil:
		errs.Add(path, nil, "must not be taken away: it may be lowered")
	case *seconds > *old:
		errs.Add(path, *seconds, "must not exceed what it was, "+strconv.FormatInt(*old, 10))
	}
}

// updateTolerations checks that none is missing that was there.
func updateTolerations(errs *labels.FieldErrors, ts, old []Toleration) {
	for _, o := range old {
		if !slices.ContainsFunc(ts, func(t Toleration) bool { return equalTolerations(t, o) }) {
			errs.Add("spec.tolerations", o.Key, "must stay as it is: others may be added to it")
		}
	}
}

// updateContainers compares the containers at path.
func updateContainers(errs *labels.FieldErrors, path string, cs, old []Container) {
	if len(cs) != len(old) {
		errs.Add(path, nil, "must stay "+strconv.Itoa(len(old))+" in number, not "+strconv.Itoa(len(cs)))
		return
	}
	for i := range cs {
		updateContainer(errs, at(path, i), &cs[i], &old[i])
	}
}

// updateContainer compares one container.
func updateContainer(errs *labels.FieldErrors, path string, c, old *Container) {
	if c.Name != old.Name {
		errs.Add(path+".name", c.Name, fixed)
		return // another container: the rest says nothing more
	}
	if c.Image == old.Image {
		sameValue(errs, path+".imagePullPolicy", c.ImagePullPolicy, old.ImagePullPolicy)
	}
	same(errs, path+".command", slices.Equal(c.Command, old.Command))
	same(errs, path+".args", slices.Equal(c.Args, old.Args))
	sameValue(errs, path+".workingDir", c.WorkingDir, old.WorkingDir)
	same(errs, path+".ports", slices.Equal(c.Ports, old.Ports))
	same(errs, path+".env", slices.EqualFunc(c.Env, old.Env, equalVariables))
	same(errs, path+".resources", c.Resources.Limits.Equal(old.Resources.Limits) && c.Resources.Requests.Equal(old.Resources.Requests))
	same(errs, path+".volumeMounts", slices.Equal(c.VolumeMounts, old.VolumeMounts))
	same(errs, path+".livenessProbe", equalProbes(c.LivenessProbe, old.LivenessProbe))
	same(errs, path+".readinessProbe", equalProbes(c.ReadinessProbe, old.ReadinessProbe))
	same(errs, path+".startupProbe", equalProbes(c.StartupProbe, old.StartupProbe))
	same(errs, path+".lifecycle", equalLifecycles(c.Lifecycle, old.Lifecycle))
	sameValue(errs, path+".terminationMessagePath", c.TerminationMessagePath, old.TerminationMessagePath)
	sameValue(errs, path+".terminationMessagePolicy", c.TerminationMessagePolicy, old.TerminationMessagePolicy)
	sameValue(errs, path+".stdin", c.Stdin, old.Stdin)
	sameValue(errs, path+".stdinOnce", c.StdinOnce, old.StdinOnce)
	sameValue(errs, path+".tty", c.TTY, old.TTY)
	same(errs, path+".securityContext", equalSecurity(c.SecurityContext, old.SecurityContext))
}

package manifest

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// conversion turns one v1beta1 object into that of core/v1, and reports what has
// no counterpart under the path that it has in v1beta1.
type conversion struct {
	d  *decoder
	at *path
	n  *yaml.Node // of the object
}

// report notes a problem of the field at a path of the object.
func (c *conversion) report(path, value, problem string) {
	c.d.found.add(Error{
		File: c.d.file, Document: c.d.document, Line: c.d.line(find(c.n, path)),
		Path: join(c.at.String(), path), Value: value, Problem: problem,
	})
}

func (m *oldMeta) meta() labels.Meta {
	return labels.Meta{
		Name: m.ID, GenerateName: m.GenerateName, Namespace: m.Namespace, UID: m.UID,
		ResourceVersion: m.ResourceVersion, CreationTimestamp: m.CreationTimestamp, DeletionTimestamp: m.DeletionTimestamp,
		Labels: m.Labels, Annotations: m.Annotations,
	}
}

func (p *oldPod) convert(c *conversion) labels.Object {
	o := &pod.Pod{Meta: p.meta(), Spec: c.spec("desiredState", &p.DesiredState, p.NodeSelector)}
	if o.Name == "" && o.GenerateName == "" {
		o.Name = p.DesiredState.Manifest.ID
	}
	seen := p.CurrentState
	o.Status = pod.Status{HostIP: seen.HostIP, PodIP: seen.PodIP, Message: seen.Message}
	switch seen.Status {
	case "", "Unknown":
	case "Waiting":
		o.Status.Phase = pod.Pending
	case "Running":
		o.Status.Phase = pod.Running
	case "Succeeded":
		o.Status.Phase = pod.Succeeded
	case "Terminated", "Failed":
		o.Status.Phase = pod.Failed
	default:
		c.report("currentState.status", seen.Status, "must be Waiting, Running, Terminated, Succeeded or Unknown")
	}
	return o
}

// spec converts the desired state of a pod or of a template, which is at a path.
func (c *conversion) spec(path string, state *oldState, selector labels.Set) pod.Spec {
	m, path := &state.Manifest, path+".manifest"
	if m.Version != "" && m.Version != v1beta1 && m.Version != "v1beta2" {
		c.report(path+".version", m.Version, "must be v1beta1 or v1beta2")
	}
	spec := pod.Spec{
		RestartPolicy:                 c.restartPolicy(path+".restartPolicy", m.RestartPolicy),
		TerminationGracePeriodSeconds: m.TerminationGracePeriodSeconds,
		ActiveDeadlineSeconds:         m.ActiveDeadlineSeconds,
		NodeSelector:                  selector,
		NodeName:                      state.Host,
		DNSPolicy:                     m.DNSPolicy,
		HostNetwork:                   m.HostNetwork,
	}
	for i, v := range m.Volumes {
		spec.Volumes = append(spec.Volumes, c.volume(fmt.Sprintf("%s.volumes[%d]", path, i), v))
	}
	for i := range m.Containers {
		spec.Containers = append(spec.Containers, c.container(fmt.Sprintf("%s.containers[%d]", path, i), &m.Containers[i]))
	}
	return spec
}

func (c *conversion) restartPolicy(path string, old oldRestartPolicy) pod.RestartPolicy {
	var set []pod.RestartPolicy
	if old.Always != nil {
		set = append(set, pod.RestartAlways)
	}
	if old.OnFailure != nil {
		set = append(set, pod.RestartOnFailure)
	}
	if old.Never != nil {
		set = append(set, pod.RestartNever)
	}
	switch len(set) {
	case 0:
		return ""
	case 1:
		return set[0]
	}
	c.report(path, "", "must have one of always, onFailure and never")
	return ""
}

func (c *conversion) volume(path string, old oldVolume) pod.Volume {
	from := old.Source
	v := pod.Volume{
		Name: old.Name, GitRepo: from.GitRepo,
		GCEPersistentDisk: from.PersistentDisk, AWSElasticBlockStore: from.AWSElasticBlockStore,
	}
	if dir := from.HostDir; dir != nil {
		v.HostPath = &pod.HostPath{Path: dir.Path}
	}
	if dir := from.EmptyDir; dir != nil {
		v.EmptyDir = &pod.EmptyDir{Medium: dir.Medium}
	}
	if v.HostPath != nil && v.EmptyDir != nil {
		c.report(path+".source", "", "must have one of hostDir and emptyDir")
	}
	return v
}

func (c *conversion) container(path string, old *oldContainer) pod.Container {
	o := pod.Container{
		Name: old.Name, Image: old.Image, Command: old.Entrypoint, Args: old.Command, WorkingDir: old.WorkingDir,
		Resources: pod.Requirements{
			Limits:   old.Resources.Limits.convert(),
			Requests: old.Resources.Requests.convert(),
		},
		LivenessProbe:  old.LivenessProbe.convert(),
		ReadinessProbe: old.ReadinessProbe.convert(),
		Lifecycle:      old.Lifecycle.convert(),

		TerminationMessagePath: old.MessagePath,
		SecurityContext:        old.security(),
	}
	c.limit(path+".cpu", &o.Resources, pod.CPU, old.CPU)
	c.limit(path+".memory", &o.Resources, pod.Memory, old.Memory)
	switch old.ImagePullPolicy {
	case "":
	case "PullAlways", "Always":
		o.ImagePullPolicy = pod.PullAlways
	case "PullIfNotPresent", "IfNotPresent":
		o.ImagePullPolicy = pod.PullIfNotPresent
	case "PullNever", "Never":
		o.ImagePullPolicy = pod.PullNever
	default:
		c.report(path+".imagePullPolicy", old.ImagePullPolicy, "must be PullAlways, PullIfNotPresent or PullNever")
	}
	for _, p := range old.Ports {
		o.Ports = append(o.Ports, pod.ContainerPort{
			Name: p.Name, HostPort: p.HostPort, ContainerPort: p.ContainerPort, Protocol: p.Protocol, HostIP: p.HostIP,
		})
	}
	for i, e := range old.Env {
		name := c.either(fmt.Sprintf("%s.env[%d]", path, i), "name", e.Name, "key", e.Key)
		o.Env = append(o.Env, pod.EnvVar{Name: name, Value: e.Value})
	}
	for i, m := range old.VolumeMounts {
		here := fmt.Sprintf("%s.volumeMounts[%d]", path, i)
		if m.MountType != "" && m.MountType != "LOCAL" {
			c.report(here+".mountType", m.MountType, "unsupported: mount a volume whose source is a hostDir")
		}
		mountPath := c.either(here, "mountPath", m.MountPath, "path", m.Path)
		o.VolumeMounts = append(o.VolumeMounts, pod.VolumeMount{Name: m.Name, MountPath: mountPath, ReadOnly: m.ReadOnly})
	}
	return o
}

// either returns the value of a field that has an older name as well.
func (c *conversion) either(path, name, value, olderName, older string) string {
	switch {
	case value == "":
		return older
	case older != "" && older != value:
		c.report(path+"."+olderName, older, fmt.Sprintf("is the older name of %s, which says %q", name, value))
	}
	return value
}

// limit adds a limit that a container gave as a plain number. Zero was none.
func (c *conversion) limit(path string, r *pod.Requirements, name pod.ResourceName, value int64) {
	if value == 0 {
		return
	}
	if value < 0 {
		c.report(path, fmt.Sprint(value), "must not be negative")
		return
	}
	if _, twice := r.Limits[name]; twice {
		c.report(path, fmt.Sprint(value), "resources.limits says it as well")
		return
	}
	limit, err := amount{text: fmt.Sprint(value), number: true}.quantity(name)
	if err != nil {
		c.report(path, fmt.Sprint(value), err.Error())
		return
	}
	if r.Limits == nil {
		r.Limits = pod.Resources{}
	}
	r.Limits[name] = limit
}

// convert returns the amounts as quantities; they were read as such before.
func (r oldResources) convert() pod.Resources {
	if len(r) == 0 {
		return nil
	}
	converted := pod.Resources{}
	for name, a := range r {
		if q, err := a.quantity(name); err == nil {
			converted[name] = q
		}
	}
	return converted
}

func (p *oldProbe) convert() *pod.Probe {
	if p == nil {
		return nil
	}
	o := &pod.Probe{
		Exec: p.Exec, HTTPGet: p.HTTPGet.convert(),
		InitialDelaySeconds: p.InitialDelaySeconds, TimeoutSeconds: p.TimeoutSeconds,
	}
	if tcp := p.TCPSocket; tcp != nil {
		o.TCPSocket = &pod.TCPSocket{Port: tcp.Port.IntOrString}
	}
	return o
}

func (h *oldHTTPGet) convert() *pod.HTTPGet {
	if h == nil {
		return nil
	}
	return &pod.HTTPGet{Path: h.Path, Port: h.Port.IntOrString, Host: h.Host}
}

func (l *oldLifecycle) convert() *pod.Lifecycle {
	if l == nil {
		return nil
	}
	return &pod.Lifecycle{PostStart: l.PostStart.convert(), PreStop: l.PreStop.convert()}
}

func (h *oldHandler) convert() *pod.Handler {
	if h == nil {
		return nil
	}
	return &pod.Handler{Exec: h.Exec, HTTPGet: h.HTTPGet.convert()}
}

func (r *oldController) convert(c *conversion) labels.Object {
	want := r.DesiredState
	o := &replication.Controller{Meta: r.meta()}
	o.Spec.Replicas = &want.Replicas
	o.Spec.Selector = want.ReplicaSelector
	o.Status.Replicas = r.CurrentState.Replicas
	if t := want.PodTemplate; t != nil {
		o.Spec.Template = &pod.Template{
			Meta: labels.Meta{Labels: t.Labels, Annotations: t.Annotations},
			Spec: c.spec("desiredState.podTemplate.desiredState", &t.DesiredState, t.NodeSelector),
		}
	}
	return o
}

func (s *oldService) convert(c *conversion) labels.Object {
	o := &service.Service{Meta: s.meta(), Spec: service.Spec{
		Type: service.Type(s.Type), Selector: s.Selector, ClusterIP: s.PortalIP, ExternalIPs: s.PublicIPs,
		SessionAffinity: service.Affinity(s.SessionAffinity),
	}}
	if s.CreateExternalLoadBalancer {
		if s.Type != "" && o.Spec.Type != service.LoadBalancer {
			c.report("createExternalLoadBalancer", "true", fmt.Sprintf("the type says %s", s.Type))
		}
		o.Spec.Type = service.LoadBalancer
	}
	for _, p := range s.Ports {
		o.Spec.Ports = append(o.Spec.Ports, service.Port{
			Name: p.Name, Protocol: p.Protocol, Port: p.Port, TargetPort: p.ContainerPort.IntOrString, NodePort: p.NodePort,
		})
	}
	if len(s.Ports) == 0 && s.Port != 0 { // the list of ports, where there is one, has the first port again
		o.Spec.Ports = []service.Port{{
			Name: s.PortName, Protocol: s.Protocol, Port: s.Port, TargetPort: s.ContainerPort.IntOrString,
		}}
	}
	return o
}

func (e *oldEndpoints) convert(*conversion) labels.Object {
	o := &service.Endpoints{Meta: e.meta()}
	for _, s := range e.Subsets {
		var subset service.Subset
		for _, a := range s.Addresses {
			subset.Addresses = append(subset.Addresses, service.EndpointAddress{IP: a.IP, TargetRef: a.TargetRef})
		}
		for _, p := range s.Ports {
			subset.Ports = append(subset.Ports, service.EndpointPort{Name: p.Name, Port: p.Port, Protocol: p.Protocol})
		}
		o.Subsets = append(o.Subsets, subset)
	}
	if len(e.Subsets) > 0 { // endpoints has the first of them again
		return o
	}
	for _, pair := range e.Endpoints { // one subset for each port
		i := slices.IndexFunc(o.Subsets, func(s service.Subset) bool { return s.Ports[0].Port == pair.port })
		if i < 0 {
			i = len(o.Subsets)
			o.Subsets = append(o.Subsets, service.Subset{Ports: []service.EndpointPort{{Port: pair.port, Protocol: e.Protocol}}})
		}
		o.Subsets[i].Addresses = append(o.Subsets[i].Addresses, service.EndpointAddress{IP: pair.addr})
	}
	return o
}

func (m *oldNode) convert(*conversion) labels.Object {
	o := &node.Node{Meta: m.meta()}
	o.Spec.Unschedulable, o.Spec.PodCIDR = m.Unschedulable, m.PodCIDR
	o.Status.Capacity = m.Resources.Capacity.convert()
	o.Status.Phase, o.Status.Addresses = m.Status.Phase, m.Status.Addresses
	if m.HostIP != "" {
		address := node.Address{Type: node.InternalIP, Address: m.HostIP}
		if !slices.Contains(o.Status.Addresses, address) {
			o.Status.Addresses = append(o.Status.Addresses, address)
		}
	}
	return o
}

func (n *oldNamespace) convert(*conversion) labels.Object {
	return &labels.Namespace{Meta: n.meta(), Spec: n.Spec, Status: n.Status}
}

// security returns the container's rights; nil where it asks for none.
func (old *oldContainer) security() *pod.SecurityContext {
	var s pod.SecurityContext
	if c := old.Capabilities; len(c.Add)+len(c.Drop) > 0 {
		s.Capabilities = &c
	}
	if old.Privileged {
		s.Privileged = &old.Privileged
	}
	if s == (pod.SecurityContext{}) {
		return nil
	}
	return &s
}

package pod

import (
	"maps"
	"slices"
)

// Copy returns a pod that shares nothing with p.
func (p *Pod) Copy() *Pod {
	return &Pod{Meta: p.Meta.Copy(), Spec: p.Spec.Copy(), Status: p.Status.Copy()}
}

// Copy returns a template that shares nothing with t; nil where t is nil.
func (t *Template) Copy() *Template {
	if t == nil {
		return nil
	}
	return &Template{Meta: t.Meta.Copy(), Spec: t.Spec.Copy()}
}

// Copy returns a specification that shares nothing with s.
func (s *Spec) Copy() Spec {
	c := *s
	c.Volumes = slices.Clone(s.Volumes)
	for i := range c.Volumes {
		c.Volumes[i].own()
	}
	c.InitContainers = copyContainers(s.InitContainers)
	c.Containers = copyContainers(s.Containers)
	c.TerminationGracePeriodSeconds = copyPointer(s.TerminationGracePeriodSeconds)
	c.ActiveDeadlineSeconds = copyPointer(s.ActiveDeadlineSeconds)
	c.EnableServiceLinks = copyPointer(s.EnableServiceLinks)
	c.DNSConfig = s.DNSConfig.copy()
	c.ImagePullSecrets = slices.Clone(s.ImagePullSecrets)
	c.SecurityContext = s.SecurityContext.copy()
	c.NodeSelector = maps.Clone(s.NodeSelector)
	c.Affinity = s.Affinity.copy()
	c.TopologySpreadConstraints = copySpreads(s.TopologySpreadConstraints)
	c.Priority = copyPointer(s.Priority)
	c.Tolerations = slices.Clone(s.Tolerations)
	for i := range c.Tolerations {
		c.Tolerations[i].TolerationSeconds = copyPointer(c.Tolerations[i].TolerationSeconds)
	}
	return c
}

// own replaces what v shares with the volume it was assigned from.
func (v *Volume) own() {
	v.HostPath = copyPointer(v.HostPath)
	v.EmptyDir = copyPointer(v.EmptyDir)
	if v.EmptyDir != nil {
		v.EmptyDir.SizeLimit = copyPointer(v.EmptyDir.SizeLimit)
	}
	v.GitRepo = copyPointer(v.GitRepo)
	v.Download = copyPointer(v.Download)
	v.Secret = copyPointer(v.Secret)
	if s := v.Secret; s != nil {
		s.Items, s.DefaultMode, s.Optional = copyItems(s.Items), copyPointer(s.DefaultMode), copyPointer(s.Optional)
	}
	v.ConfigMap = copyPointer(v.ConfigMap)
	if m := v.ConfigMap; m != nil {
		m.Items, m.DefaultMode, m.Optional = copyItems(m.Items), copyPointer(m.DefaultMode), copyPointer(m.Optional)
	}
	v.GCEPersistentDisk = copyPointer(v.GCEPersistentDisk)
	v.AWSElasticBlockStore = copyPointer(v.AWSElasticBlockStore)
	v.FlexVolume = copyPointer(v.FlexVolume)
	if v.FlexVolume != nil {
		v.FlexVolume.Options = maps.Clone(v.FlexVolume.Options)
	}
}

// copyItems returns items that share nothing with those given.
func copyItems(items []KeyToPath) []KeyToPath {
	own := slices.Clone(items)
	for i := range own {
		own[i].Mode = copyPointer(own[i].Mode)
	}
	return own
}

// copyContainers returns containers that share nothing with cs.
func copyContainers(cs []Container) []Container {
	own := slices.Clone(cs)
	for i := range own {
		own[i].own()
	}
	return own
}

// Copy returns a container that shares nothing with c.
func (c *Container) Copy() Container {
	own := *c
	own.own()
	return own
}

// own replaces what c shares with the container it was assigned from.
func (c *Container) own() {
	c.Command = slices.Clone(c.Command)
	c.Args = slices.Clone(c.Args)
	c.Ports = slices.Clone(c.Ports)
	c.Env = slices.Clone(c.Env)
	for i := range c.Env {
		c.Env[i].own()
	}
	c.Resources.Limits = maps.Clone(c.Resources.Limits)
	c.Resources.Requests = maps.Clone(c.Resources.Requests)
	c.VolumeMounts = slices.Clone(c.VolumeMounts)
	c.LivenessProbe = c.LivenessProbe.copy()
	c.ReadinessProbe = c.ReadinessProbe.copy()
	c.StartupProbe = c.StartupProbe.copy()
	c.SecurityContext = c.SecurityContext.copy()
	if c.Lifecycle != nil {
		c.Lifecycle = &Lifecycle{PostStart: c.Lifecycle.PostStart.copy(), PreStop: c.Lifecycle.PreStop.copy()}
	}
}

// copy returns a configuration that shares nothing with d; nil where d is nil.
func (d *DNSConfig) copy() *DNSConfig {
	if d == nil {
		return nil
	}
	c := DNSConfig{Nameservers: slices.Clone(d.Nameservers), Searches: slices.Clone(d.Searches), Options: slices.Clone(d.Options)}
	for i := range c.Options {
		c.Options[i].Value = copyPointer(c.Options[i].Value)
	}
	return &c
}

// copy returns a context that shares nothing with s; nil where s is nil.
func (s *PodSecurityContext) copy() *PodSecurityContext {
	if s == nil {
		return nil
	}
	return &PodSecurityContext{
		RunAsUser: copyPointer(s.RunAsUser), RunAsGroup: copyPointer(s.RunAsGroup), RunAsNonRoot: copyPointer(s.RunAsNonRoot),
		SupplementalGroups: slices.Clone(s.SupplementalGroups),
	}
}

// copy returns a context that shares nothing with s; nil where s is nil.
func (s *SecurityContext) copy() *SecurityContext {
	if s == nil {
		return nil
	}
	c := SecurityContext{
		RunAsUser: copyPointer(s.RunAsUser), RunAsGroup: copyPointer(s.RunAsGroup), RunAsNonRoot: copyPointer(s.RunAsNonRoot),
		ReadOnlyRootFilesystem: copyPointer(s.ReadOnlyRootFilesystem), Privileged: copyPointer(s.Privileged),
		AllowPrivilegeEscalation: copyPointer(s.AllowPrivilegeEscalation),
	}
	if s.Capabilities != nil {
		c.Capabilities = &Capabilities{Add: slices.Clone(s.Capabilities.Add), Drop: slices.Clone(s.Capabilities.Drop)}
	}
	return &c
}

// own replaces what e shares with the variable it was assigned from.
func (e *EnvVar) own() {
	if e.ValueFrom == nil {
		return
	}
	e.ValueFrom = &EnvSource{
		FieldRef:         copyPointer(e.ValueFrom.FieldRef),
		ResourceFieldRef: copyPointer(e.ValueFrom.ResourceFieldRef),
	}
}

// copy returns a probe that shares nothing with p; nil where p is nil.
func (p *Probe) copy() *Probe {
	if p == nil {
		return nil
	}
	c := *p
	c.Exec = p.Exec.copy()
	c.HTTPGet = p.HTTPGet.copy()
	c.TCPSocket = copyPointer(p.TCPSocket)
	c.TerminationGracePeriodSeconds = copyPointer(p.TerminationGracePeriodSeconds)
	return &c
}

// copy returns a handler that shares nothing with h; nil where h is nil.
func (h *Handler) copy() *Handler {
	if h == nil {
		return nil
	}
	return &Handler{Exec: h.Exec.copy(), HTTPGet: h.HTTPGet.copy(), TCPSocket: copyPointer(h.TCPSocket), Sleep: copyPointer(h.Sleep)}
}

// copy returns an action that shares nothing with a; nil where a is nil.
func (a *ExecAction) copy() *ExecAction {
	if a == nil {
		return nil
	}
	return &ExecAction{Command: slices.Clone(a.Command)}
}

// copy returns a request that shares nothing with h; nil where h is nil.
func (h *HTTPGet) copy() *HTTPGet {
	if h == nil {
		return nil
	}
	c := *h
	c.Headers = slices.Clone(h.Headers)
	return &c
}

// Copy returns a status that shares nothing with s.
func (s *Status) Copy() Status {
	c := *s
	c.Conditions = slices.Clone(s.Conditions)
	c.PodIPs = slices.Clone(s.PodIPs)
	c.Devices = copyDevices(s.Devices)
	c.InitContainerStatuses = copyStatuses(s.InitContainerStatuses)
	c.ContainerStatuses = copyStatuses(s.ContainerStatuses)
	return c
}

// copyStatuses returns container statuses that share nothing with ss.
func copyStatuses(ss []ContainerStatus) []ContainerStatus {
	own := slices.Clone(ss)
	for i := range own {
		own[i].State = own[i].State.Copy()
		own[i].LastState = own[i].LastState.Copy()
		own[i].Started = copyPointer(own[i].Started)
	}
	return own
}

// Copy returns a state that shares nothing with s.
func (s ContainerState) Copy() ContainerState {
	return ContainerState{
		Waiting:    copyPointer(s.Waiting),
		Running:    copyPointer(s.Running),
		Terminated: copyPointer(s.Terminated),
	}
}

// copyPointer returns a pointer to a copy of *v; nil where v is nil.
func copyPointer[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

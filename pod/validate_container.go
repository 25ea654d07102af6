package pod

import (
	"net/netip"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validateContainers checks the containers and init containers of the specification at path.
func validateContainers(errs *labels.FieldErrors, s *Spec, path string, volumes map[string]string) {
	names := make(map[string]string, len(s.InitContainers)+len(s.Containers))
	for i := range s.InitContainers {
		c, where := &s.InitContainers[i], at(path+".initContainers", i)
		validateContainer(errs, c, where, names, volumes)
		validateHostPorts(errs, s.InitContainers[i:i+1], path+".initContainers", i)
		for _, p := range [...]struct {
			probe *Probe
			field string
		}{{c.LivenessProbe, "livenessProbe"}, {c.ReadinessProbe, "readinessProbe"}, {c.StartupProbe, "startupProbe"}} {
			if p.probe != nil {
				errs.Add(where+"."+p.field, nil, "must not be given: an init container has no probes")
			}
		}
		if c.Lifecycle != nil {
			errs.Add(where+".lifecycle", nil, "must not be given: an init container has no hooks")
		}
	}
	if len(s.Containers) == 0 {
		errs.Add(path+".containers", nil, "must have at least one container")
	}
	for i := range s.Containers {
		c, where := &s.Containers[i], at(path+".containers", i)
		validateContainer(errs, c, where, names, volumes)
		validateProbes(errs, c, where)
		validateLifecycle(errs, c.Lifecycle, where+".lifecycle", s.TerminationGracePeriodSeconds)
	}
	validateHostPorts(errs, s.Containers, path+".containers", 0)
	validateShares(errs, s.Containers, path+".containers")
}

// validateShares checks that the shares of the containers, which are on one
// device, come to 1 at most.
func validateShares(errs *labels.FieldErrors, containers []Container, path string) {
	var sum Resources
	for i := range containers {
		r := &containers[i].Resources
		for _, list := range [...]struct {
			field string
			Resources
		}{{"requests", r.Requests}, {"limits", r.Limits}} {
			for _, name := range list.Names() {
				q := list.Resources[name]
				if _, requested := r.Requests[name]; !name.Extended() || q.Cmp(one) >= 0 || requested && list.field == "limits" {
					continue
				}
				if sum == nil {
					sum = make(Resources)
				}
				if sum[name] = sum[name].Add(q); sum[name].Cmp(one) > 0 {
					errs.Add(at(path, i)+".resources."+list.field+"["+string(name)+"]", q,
						"must come to at most 1 with the shares of the containers before it, which are on the same device")
				}
			}
		}
	}
}

// one is the amount at which a share becomes a whole device.
var one = NewQuantity(1, DecimalSI)

// validateContainer checks all of a container but its probes and host ports. names
// holds the containers before it, and where they are.
func validateContainer(errs *labels.FieldErrors, c *Container, path string, names, volumes map[string]string) {
	check(errs, path+".name", c.Name, labels.ValidateLabel(c.Name))
	unique(errs, path+".name", c.Name, names)
	switch {
	case c.Image == "":
		errs.Add(path+".image", nil, "must be given")
	case strings.TrimSpace(c.Image) != c.Image:
		errs.Add(path+".image", c.Image, "must not begin or end with a space")
	}
	oneOf(errs, path+".imagePullPolicy", c.ImagePullPolicy, PullAlways, PullIfNotPresent, PullNever)
	validatePorts(errs, c.Ports, path+".ports")
	validateEnv(errs, c.Env, path+".env")
	validateRequirements(errs, &c.Resources, path+".resources")
	validateMounts(errs, c.VolumeMounts, path+".volumeMounts", volumes)
	validateMessage(errs, c, path)
	validateSecurity(errs, c.SecurityContext, path+".securityContext")
}

// unique checks that no field before has the name, and remembers where this one is.
func unique(errs *labels.FieldErrors, path, name string, seen map[string]string) {
	if name == "" {
		return
	}
	if first, taken := seen[name]; taken {
		errs.Add(path, name, "must be unique: "+first+" has it")
		return
	}
	seen[name] = path
}

// validatePorts checks the ports of one container at path.
func validatePorts(errs *labels.FieldErrors, ports []ContainerPort, path string) {
	if len(ports) == 0 {
		return
	}
	names := make(map[string]string, len(ports))
	for i, p := range ports {
		where := at(path, i)
		if p.Name != "" {
			check(errs, where+".name", p.Name, validatePortName(p.Name))
			unique(errs, where+".name", p.Name, names)
		}
		portNumber(errs, where+".containerPort", p.ContainerPort)
		if p.HostPort != 0 {
			portNumber(errs, where+".hostPort", p.HostPort)
		}
		if p.HostIP != "" {
			if _, err := netip.ParseAddr(p.HostIP); err != nil {
				errs.Add(where+".hostIP", p.HostIP, "must be an IP address")
			}
		}
		oneOf(errs, where+".protocol", p.Protocol, TCP, UDP)
	}
}

// portNumber checks the number of a port, which must be given.
func portNumber(errs *labels.FieldErrors, path string, port int) {
	if port == 0 {
		errs.Add(path, nil, "must be given: 1 to 65535")
		return
	}
	number(errs, path, int64(port), 1, 65535)
}

// validateHostPorts checks that no two ports of the containers take the same
// port of the node: see [ContainerPort.Conflicts]. The first container is element
// base of the list at path.
func validateHostPorts(errs *labels.FieldErrors, containers []Container, path string, base int) {
	type key struct {
		port     int
		protocol Protocol
		ip       string
	}
	var onAddress, onAny map[key]string // where each was seen first; onAny without the address
	for i := range containers {
		for j, p := range containers[i].Ports {
			if p.HostPort == 0 {
				continue
			}
			if onAny == nil {
				onAddress, onAny = make(map[key]string), make(map[key]string)
			}
			where := at(at(path, base+i)+".ports", j) + ".hostPort"
			every := key{p.HostPort, p.Protocol.orTCP(), ""}
			one := every
			first, taken := onAddress[every] // one that wants all addresses
			if everyAddress(p.HostIP) {
				first, taken = onAny[every]
			} else if one.ip = p.HostIP; !taken {
				first, taken = onAddress[one]
			}
			if taken {
				errs.Add(where, p.HostPort, "must be unique: "+first+" has it")
				continue
			}
			onAddress[one] = where
			if _, seen := onAny[every]; !seen {
				onAny[every] = where
			}
		}
	}
}

// validateEnv checks the variables of one container at path.
func validateEnv(errs *labels.FieldErrors, env []EnvVar, path string) {
	if len(env) == 0 {
		return
	}
	names := make(map[string]string, len(env))
	for i, v := range env {
		where := at(path, i)
		check(errs, where+".name", v.Name, validateVariableName(v.Name))
		unique(errs, where+".name", v.Name, names)
		if strings.IndexByte(v.Value, 0) >= 0 {
			errs.Add(where+".value", v.Value, "must not have a zero byte")
		}
		if v.ValueFrom == nil {
			continue
		}
		if v.Value != "" {
			errs.Add(where+".valueFrom", nil, "must not be given beside a value")
		}
		validateSource(errs, v.ValueFrom, where+".valueFrom")
	}
}

// validateSource checks where a variable takes its value from.
func validateSource(errs *labels.FieldErrors, from *EnvSource, path string) {
	if (from.FieldRef == nil) == (from.ResourceFieldRef == nil) {
		errs.Add(path, nil, "must have one of fieldRef and resourceFieldRef")
	}
	if from.FieldRef != nil {
		validateFieldRef(errs, from.FieldRef, path+".fieldRef")
	}
	if from.ResourceFieldRef != nil {
		validateResourceFieldRef(errs, from.ResourceFieldRef, path+".resourceFieldRef")
	}
}

// validateFieldRef checks a reference to a field of the pod.
func validateFieldRef(errs *labels.FieldErrors, ref *FieldRef, path string) {
	if ref.APIVersion != "" && ref.APIVersion != "v1" {
		errs.Add(path+".apiVersion", ref.APIVersion, "must be v1")
	}
	if _, err := (&Pod{}).Field(ref.FieldPath); err != nil {
		errs.Add(path+".fieldPath", text(ref.FieldPath), "must be "+fieldPaths)
	} else if _, key, ok := subscript(ref.FieldPath); ok {
		check(errs, path+".fieldPath", ref.FieldPath, labels.ValidateKey(key))
	}
}

// validateRequirements checks what a container is promised and may use.
func validateRequirements(errs *labels.FieldErrors, r *Requirements, path string) {
	validateResources(errs, r.Limits, path+".limits")
	validateResources(errs, r.Requests, path+".requests")
	for _, name := range r.Requests.Names() {
		if most, ok := r.Limits[name]; ok && r.Requests[name].Cmp(most) > 0 {
			errs.Add(path+".requests["+string(name)+"]", r.Requests[name], "must not exceed the limit, which is "+most.String())
		}
	}
}

// validateResources checks the names and amounts of a container's resources.
func validateResources(errs *labels.FieldErrors, r Resources, path string) {
	for _, name := range r.Names() {
		where := path + "[" + string(name) + "]"
		if err := name.Validate(); err != nil {
			errs.Add(where, name, err.Error())
		} else if name == Pods {
			errs.Add(where, name, "must not be given: it is a resource of nodes")
		}
		switch q := r[name]; {
		case q.Sign() < 0:
			errs.Add(where, q, "must not be negative")
		case name.Extended() && q.Cmp(one) > 0 && !q.whole():
			errs.Add(where, q, "must be a whole number, or less than 1 for a share of one device")
		}
	}
}

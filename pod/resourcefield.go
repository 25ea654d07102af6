package pod

import (
	"fmt"
	"strconv"
	"strings"
)

// resourceFields lists what a ResourceFieldRef may name.
const resourceFields = "limits.<name> or requests.<name> with cpu, memory, ephemeral-storage or hugepages-<size>"

// amount splits the reference into its list, limits or requests, and the name in it.
func (r *ResourceFieldRef) amount() (list string, name ResourceName, ok bool) {
	list, rest, _ := strings.Cut(r.Resource, ".")
	name = ResourceName(rest)
	if list != "limits" && list != "requests" {
		return "", "", false
	}
	switch name {
	case CPU, Memory, EphemeralStorage:
		return list, name, true
	}
	return list, name, strings.HasPrefix(rest, "hugepages-") && name.Validate() == nil
}

// divisor is the divisor, or 1 where none is given.
func (r *ResourceFieldRef) divisor() Quantity {
	if r.Divisor.IsZero() {
		return NewQuantity(1, DecimalSI)
	}
	return r.Divisor
}

// divides reports whether d is one of the divisors of core/v1 for a resource.
func divides(name ResourceName, d Quantity) bool {
	if name == CPU {
		return d.Cmp(NewQuantity(1, DecimalSI)) == 0 || d.Cmp(NewMilliQuantity(1, DecimalSI)) == 0
	}
	for _, unit := range [...]string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"} {
		if d.Cmp(MustParseQuantity(unit)) == 0 {
			return true
		}
	}
	return false
}

func divisorsOf(name ResourceName) string {
	if name == CPU {
		return "1 or 1m"
	}
	return "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi or 1Ei"
}

// ResourceField returns the value of a reference in container c of the pod: see
// [ResourceFieldRef]. capacity is what the pod's node has to give, which stands
// for a limit that is not set; without it that limit is 0.
func (p *Pod) ResourceField(c *Container, ref *ResourceFieldRef, capacity Resources) (string, error) {
	list, name, ok := ref.amount()
	if !ok {
		return "", fmt.Errorf("read resource %q: must be %s", ref.Resource, resourceFields)
	}
	if ref.ContainerName != "" && ref.ContainerName != c.Name {
		if c = p.Container(ref.ContainerName); c == nil {
			return "", fmt.Errorf("read resource %q: the pod has no container %q", ref.Resource, ref.ContainerName)
		}
	}
	amount, set := c.Resources.Requests[name]
	if list == "limits" || !set {
		limit, limited := c.Resources.Limits[name]
		switch {
		case limited:
			amount = limit
		case list == "limits":
			amount = capacity[name]
		}
	}
	return strconv.FormatInt(ceilDiv(amount, ref.divisor()), 10), nil
}

// ceilDiv returns a/d rounded up, for a divisor of core/v1.
func ceilDiv(a, d Quantity) int64 {
	if d.Cmp(NewQuantity(1, DecimalSI)) < 0 {
		return a.MilliValue()
	}
	n, by := a.Value(), d.Value()
	if n%by > 0 {
		return n/by + 1
	}
	return n / by
}

// WithResourceFields returns c with the value of every variable that names a
// resource of its pod p in place of the reference: c itself where there is none.
// A reference that cannot be read is left as it is. See [Pod.ResourceField] for capacity.
func WithResourceFields(p *Pod, c Container, capacity Resources) Container {
	for i := range c.Env {
		from := c.Env[i].ValueFrom
		if from == nil || from.ResourceFieldRef == nil {
			continue
		}
		if value, err := p.ResourceField(&c, from.ResourceFieldRef, capacity); err == nil {
			c = c.Copy()
			c.Env[i] = EnvVar{Name: c.Env[i].Name, Value: value}
		}
	}
	return c
}

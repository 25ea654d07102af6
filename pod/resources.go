package pod

import (
	"maps"
	"slices"
	"strings"
)

// Copy returns resources that share nothing with r; nil where r is nil.
func (r Resources) Copy() Resources { return maps.Clone(r) }

// Add returns r + o, name by name. Neither is changed.
func (r Resources) Add(o Resources) Resources {
	sum := make(Resources, max(len(r), len(o)))
	maps.Copy(sum, r)
	for name, q := range o {
		sum[name] = sum[name].Add(q)
	}
	return sum
}

// Sub returns r - o for every name in either; an amount may become negative. Neither is changed.
func (r Resources) Sub(o Resources) Resources {
	rest := make(Resources, max(len(r), len(o)))
	maps.Copy(rest, r)
	for name, q := range o {
		rest[name] = rest[name].Sub(q)
	}
	return rest
}

// Max returns the larger amount of every name in either. Neither is changed.
func (r Resources) Max(o Resources) Resources {
	most := make(Resources, max(len(r), len(o)))
	maps.Copy(most, r)
	most.raise(o)
	return most
}

// raise makes each amount of r at least that of o.
func (r Resources) raise(o Resources) {
	for name, q := range o {
		if have, ok := r[name]; !ok || have.Cmp(q) < 0 {
			r[name] = q
		}
	}
}

// Equal reports whether r and o list the same names with the same amounts.
func (r Resources) Equal(o Resources) bool {
	return maps.EqualFunc(r, o, func(a, b Quantity) bool { return a.Cmp(b) == 0 })
}

// Fits reports whether the room has at least r. See [Resources.Shortage] for names that the room does not list.
func (r Resources) Fits(room Resources) bool {
	for name, want := range r {
		if short(name, want, room) {
			return false
		}
	}
	return true
}

// Shortage returns the first resource, in the order of names, of which the room
// has less than r asks for; false where r fits.
//
// A plain resource (cpu, memory) that the room does not list is not limited. One
// with a prefix (example.com/gpu) that it does not list is not there at all.
func (r Resources) Shortage(room Resources) (ResourceName, bool) {
	var first ResourceName
	found := false
	for name, want := range r {
		if short(name, want, room) && (!found || name < first) {
			first, found = name, true
		}
	}
	return first, found
}

// short reports whether the room has less of one resource than is wanted.
func short(name ResourceName, want Quantity, room Resources) bool {
	if want.Sign() <= 0 {
		return false
	}
	have, listed := room[name]
	if !listed {
		return name.Extended()
	}
	return have.Cmp(want) < 0
}

// Extended reports whether the name has a prefix: a resource that only some nodes have.
func (name ResourceName) Extended() bool { return strings.IndexByte(string(name), '/') >= 0 }

// Names returns the names in order.
func (r Resources) Names() []ResourceName {
	if len(r) == 0 {
		return nil
	}
	names := make([]ResourceName, 0, len(r))
	for name := range r {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// String lists the amounts in the order of names: `cpu=250m,memory=64Mi`.
func (r Resources) String() string {
	var b strings.Builder
	for i, name := range r.Names() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(name))
		b.WriteByte('=')
		b.WriteString(r[name].String())
	}
	return b.String()
}

package pod

import (
	"slices"
	"strconv"
	"strings"
)

// Devices are the devices of one resource that a pod has on its node.
//
// A resource whose name has a prefix (example.com/gpu) stands for devices: a
// node that lists 4 of it has four, which are numbered from 0. A container
// requests a whole number of them, which are its pod's alone, or less than 1:
// a share of one device. The shares of a pod's containers are all on one device,
// so that they may come to 1 at most. Containers and init containers take turns:
// both have devices of the same few.
type Devices struct {
	Name ResourceName `json:"name"`
	// Indexes of the devices: those that the pod has as a whole, in order, and
	// then the one that it has a share of.
	Indexes []int `json:"indexes"`
}

// ContainerDevices returns which of the pod's devices are container c's, by name
// of the resource; nil where it has none, or the pod has no node yet. Of those
// that the pod has as a whole each container has its own; init containers begin
// with the first again.
func (p *Pod) ContainerDevices(c *Container) []Devices {
	var list []Devices
	for _, d := range p.Status.Devices {
		whole, share := demand(c, d.Name)
		first := 0
		if !slices.ContainsFunc(p.Spec.InitContainers, func(o Container) bool { return o.Name == c.Name }) {
			for i := range p.Spec.Containers {
				if p.Spec.Containers[i].Name == c.Name {
					break
				}
				before, _ := demand(&p.Spec.Containers[i], d.Name)
				first += before
			}
		}
		n := len(d.Indexes)
		mine := slices.Clone(d.Indexes[min(first, n):min(first+whole, n)])
		if share && n > 0 {
			mine = append(mine, d.Indexes[n-1])
		}
		if len(mine) > 0 {
			list = append(list, Devices{d.Name, mine})
		}
	}
	return list
}

// demand returns how many whole devices a container requests, and whether it
// requests a share of another.
func demand(c *Container, name ResourceName) (whole int, share bool) {
	milli := min(c.Resources.Request(name).MilliValue(), 1<<40)
	return int(milli / 1000), milli%1000 > 0
}

// DeviceVariable returns the name of the variable in which a container finds its
// devices: EXAMPLE_COM_GPU_VISIBLE_DEVICES for example.com/gpu. Letters become
// upper case, and what is neither letter nor digit becomes _. Its value has the
// indexes in order, with commas: 0,2.
func DeviceVariable(name ResourceName) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - 'a' + 'A'
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			return c
		}
		return '_'
	}, string(name)) + "_VISIBLE_DEVICES"
}

// deviceVariables returns the variables that tell a container its devices.
func (p *Pod) deviceVariables(c *Container) []EnvVar {
	var vars []EnvVar
	for _, d := range p.ContainerDevices(c) {
		texts := make([]string, len(d.Indexes))
		for i, index := range d.Indexes {
			texts[i] = strconv.Itoa(index)
		}
		vars = append(vars, EnvVar{Name: DeviceVariable(d.Name), Value: strings.Join(texts, ",")})
	}
	return vars
}

// copyDevices returns devices that share nothing with those given.
func copyDevices(list []Devices) []Devices {
	own := slices.Clone(list)
	for i := range own {
		own[i].Indexes = slices.Clone(own[i].Indexes)
	}
	return own
}

// Equal reports whether both are the same devices.
func (d Devices) Equal(o Devices) bool {
	return d.Name == o.Name && slices.Equal(d.Indexes, o.Indexes)
}

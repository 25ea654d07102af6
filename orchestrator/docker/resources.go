package docker

import (
	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

const (
	cpuPeriod = 100_000 // microseconds, the kernel's default
	leastCPU  = 1_000   // the shortest quota that the kernel takes
	leastCPUs = 2       // the smallest weight
)

// limit sets what the container is promised and what it may not exceed: cpu
// requests as weights, of which a core has 1024, limits as a quota of each
// 100 ms, memory without swap.
func (r *Runtime) limit(p *pod.Pod, c *pod.Container, host *docker.HostConfig) {
	request := c.Resources.Request(pod.CPU)
	host.CPUShares = max(request.MilliValue()*1024/1000, leastCPUs)
	if most, ok := c.Resources.Limits[pod.CPU]; ok && most.Sign() > 0 {
		host.CPUPeriod = cpuPeriod
		host.CPUQuota = max(most.MilliValue()*cpuPeriod/1000, leastCPU)
	}
	if most, ok := c.Resources.Limits[pod.Memory]; ok && most.Sign() > 0 {
		host.Memory = most.Value()
		host.MemorySwap = host.Memory
	}
	host.OomScoreAdj = oomScore(p, c, r.facts().MemTotal)
}

// oomScore says how soon the kernel kills the container when the machine runs out
// of memory: 1000 is first. The rules are those of Kubernetes' classes of
// service, but that nothing is below 0, which not every engine may set.
func oomScore(p *pod.Pod, c *pod.Container, total int64) int {
	all := append(p.Spec.InitContainers[:len(p.Spec.InitContainers):len(p.Spec.InitContainers)], p.Spec.Containers...)
	guaranteed, asks := true, false
	for i := range all {
		for _, name := range []pod.ResourceName{pod.CPU, pod.Memory} {
			request, limit := all[i].Resources.Request(name), all[i].Resources.Limits[name]
			asks = asks || !request.IsZero() || !limit.IsZero()
			guaranteed = guaranteed && !limit.IsZero() && request.Cmp(limit) == 0
		}
	}
	switch {
	case !asks:
		return 1000
	case guaranteed || total <= 0:
		return 0
	}
	request := c.Resources.Request(pod.Memory)
	return min(max(int(1000-1000*float64(request.Value())/float64(total)), 2), 999)
}

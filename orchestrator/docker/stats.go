package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Stats asks the engine what the containers of a pod use. The network is that of
// the infra container, which is the whole pod's; a pod on the node's network has none of its own.
func (r *Runtime) Stats(ctx context.Context, uid string) (orchestrator.PodStats, error) {
	stats, err := r.stats(ctx, uid)
	if err != nil {
		return orchestrator.PodStats{}, fmt.Errorf("measure pod %q: %w", uid, err)
	}
	return stats, nil
}

func (r *Runtime) stats(ctx context.Context, uid string) (stats orchestrator.PodStats, err error) {
	live, err := r.live(ctx, uid)
	if err != nil {
		return stats, err
	}
	engine, err := r.engine(ctx)
	if err != nil {
		return stats, err
	}
	ids := []string{r.infraName(uid)}
	for _, s := range live {
		ids = append(ids, s.ID)
	}
	measured, errs := make([]docker.Stats, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			errs[i] = r.get(ctx, engine, "/containers/"+id+"/stats?stream=false&one-shot=true", &measured[i])
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return stats, err
	}
	stats.At = time.Now().UTC()
	stats.Network = networkUse(&measured[0])
	for i, s := range live {
		stats.Containers = append(stats.Containers, containerUse(s.ContainerRef, &measured[i+1]))
	}
	return stats, nil
}

func networkUse(m *docker.Stats) *orchestrator.NetworkStats {
	if len(m.Networks) == 0 {
		return nil
	}
	use := new(orchestrator.NetworkStats)
	for _, n := range m.Networks {
		use.ReceivedBytes += int64(n.RxBytes)
		use.SentBytes += int64(n.TxBytes)
	}
	return use
}

// containerUse is what a container uses. Its working set is what it uses less
// the pages of files that were not touched for long: the kernel takes those back
// first. Control groups of version 1 and 2 call them differently.
func containerUse(ref orchestrator.ContainerRef, m *docker.Stats) orchestrator.ContainerStats {
	idle := max(m.MemoryStats.Stats.TotalInactiveFile, m.MemoryStats.Stats.InactiveFile)
	use := orchestrator.ContainerStats{
		ContainerRef: ref,
		CPU:          time.Duration(m.CPUStats.CPUUsage.TotalUsage),
		Memory:       max(0, int64(m.MemoryStats.Usage)-int64(idle)),
	}
	for _, e := range m.BlkioStats.IOServiceBytesRecursive {
		if use.Disk == nil {
			use.Disk = new(orchestrator.DiskStats)
		}
		switch strings.ToLower(e.Op) {
		case "read":
			use.Disk.ReadBytes += int64(e.Value)
		case "write":
			use.Disk.WrittenBytes += int64(e.Value)
		}
	}
	return use
}

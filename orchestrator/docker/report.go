package docker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Report tells of the pulls of images, and whether the engine's disk has room.
// It is full, or nearly so, where less than Config.MinDiskFree of it is free, which
// can be seen of an engine on this machine, and for a minute after the engine
// failed to start something for want of room.
func (r *Runtime) Report(ctx context.Context, after uint64) (orchestrator.Report, error) {
	if _, err := r.engine(ctx); err != nil {
		return orchestrator.Report{}, fmt.Errorf("report of node %q: %w", r.node, err)
	}
	events, last := r.news.after(after)
	return orchestrator.Report{Events: events, Last: last, Conditions: []node.Condition{r.diskPressure(time.Now())}}, nil
}

// newsKept is how many events are kept that nobody asked for.
const newsKept = 1000

// news are the events that there are to report. Its zero value is empty.
type news struct {
	mu     sync.Mutex
	events []orchestrator.PodEvent
	last   uint64 // the number of the newest
}

// tell adds an event.
func (n *news) tell(event orchestrator.PodEvent) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.events) == newsKept {
		n.events = append(n.events[:0:0], n.events[1:]...)
	}
	n.events = append(n.events, event)
	n.last++
}

// after returns the events that came after a number, and drops those before.
func (n *news) after(number uint64) ([]orchestrator.PodEvent, uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if number < n.last {
		n.events = n.events[max(0, len(n.events)-int(n.last-number)):]
	} else {
		n.events = nil
	}
	return append([]orchestrator.PodEvent(nil), n.events...), n.last
}

// tell reports an event of a pod soon.
func (r *Runtime) tell(p *pod.Pod, reason, format string, args ...any) {
	if p.UID == "" {
		return // it is for no pod in particular
	}
	r.news.tell(orchestrator.PodEvent{UID: p.UID, Type: labels.Normal, Reason: reason, Message: fmt.Sprintf(format, args...)})
	r.hint()
}

// fullFor is how long the disk counts as full after the engine said so.
const fullFor = time.Minute

// noteDisk remembers that a start failed for want of room on the engine's disk.
func (r *Runtime) noteDisk(err error) {
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fullAt = time.Now()
}

// diskPressure says whether the engine's disk is full, or nearly so.
func (r *Runtime) diskPressure(now time.Time) node.Condition {
	r.mu.Lock()
	full, info := !r.fullAt.IsZero() && now.Sub(r.fullAt) < fullFor, r.info
	r.mu.Unlock()
	c := node.Condition{Type: node.DiskPressure, Status: pod.False, Reason: "EngineHasRoom"}
	if full {
		c.Status, c.Reason, c.Message = pod.True, "EngineDiskFull", "the engine has no space left on its disk"
		return c
	}
	if !r.at.local() || info == nil {
		return c
	}
	free, known := freeShare(info.DockerRootDir)
	if known && free < r.config.MinDiskFree {
		c.Status, c.Reason = pod.True, "EngineDiskNearlyFull"
		c.Message = fmt.Sprintf("%.1f%% of the disk with the engine's folder %s is free, less than %.1f%%", 100*free, info.DockerRootDir, 100*r.config.MinDiskFree)
	}
	return c
}

// local reports whether the engine is on this machine.
func (e endpoint) local() bool { return strings.HasPrefix(e.url, "unix://") }

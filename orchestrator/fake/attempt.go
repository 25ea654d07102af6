package fake

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// resident is a pod that a machine has.
type resident struct {
	uid, namespace, name string
	ip                   string
	fault                string              // what broke of its volumes
	failed               map[string]int      // by container: the starts that failed by script
	attempts             []*attempt          // by container, then number
	past                 map[string]*attempt // by container, the newest of those that List forgot
}

// phase is where an attempt is in its life.
type phase uint8

const (
	starting phase = iota
	running
	ended
)

// attempt is one try to run a container.
type attempt struct {
	ref    orchestrator.ContainerRef
	home   *resident
	hooks  *pod.Lifecycle
	script *Script
	id     string
	phase  phase
	begins time.Time // when it runs, or fails with err
	ends   time.Time // zero: not by itself
	breaks time.Time // when a volume breaks under it; zero: never
	end    exit      // how it ends, when ends comes
	err    error     // what its start comes to, when begins comes
	state  pod.ContainerState
	place  int // in the queue; -1 where it is not
}

// due returns when something next happens to a by itself; zero: never.
func (a *attempt) due() time.Time {
	switch {
	case a.phase == starting:
		return a.begins
	case a.phase == ended:
		return time.Time{}
	case a.breaks.IsZero() || (!a.ends.IsZero() && a.ends.Before(a.breaks)):
		return a.ends
	}
	return a.breaks
}

// endBy makes a end at t at the latest, and so if that is sooner than it would.
func (a *attempt) endBy(t time.Time, how exit) {
	if a.ends.IsZero() || t.Before(a.ends) {
		a.ends, a.end = t, how
	}
}

// run makes a running.
func (a *attempt) run() {
	a.phase = running
	a.state = pod.ContainerState{Running: &pod.Started{StartedAt: a.begins.Round(0)}}
	if d, ends := a.script.lasts(); ends {
		a.ends, a.end = a.begins.Add(d), a.script.ending()
	}
	if a.script.VolumeFault != "" {
		a.breaks = a.begins.Add(a.script.VolumeFaultAfter)
	}
}

// finish makes a ended, at a.ends.
func (a *attempt) finish() {
	a.phase = ended
	a.state = pod.ContainerState{Terminated: &pod.Terminated{
		ExitCode: a.end.code, Signal: a.end.signal, Reason: a.end.reason, Message: a.end.message,
		StartedAt: a.begins.Round(0), FinishedAt: a.ends.Round(0), ContainerID: a.id,
	}}
}

// find returns where the attempt is or belongs, and whether it is there.
func (h *resident) find(ref orchestrator.ContainerRef) (int, bool) {
	return slices.BinarySearchFunc(h.attempts, ref, func(a *attempt, ref orchestrator.ContainerRef) int {
		return cmp.Or(strings.Compare(a.ref.Container, ref.Container), cmp.Compare(a.ref.Attempt, ref.Attempt))
	})
}

// newest returns the number of the newest attempt of the container that ran; -1 where none did.
func (h *resident) newest(container string) int {
	n := -1
	for _, a := range h.attempts {
		if a.ref.Container == container && a.phase != starting {
			n = max(n, a.ref.Attempt)
		}
	}
	return n
}

// prune forgets the ended attempts of a container but the newest of them.
func (h *resident) prune(container string) {
	last := -1
	for _, a := range h.attempts {
		if a.ref.Container == container && a.phase == ended {
			last = max(last, a.ref.Attempt)
		}
	}
	h.attempts = slices.DeleteFunc(h.attempts, func(a *attempt) bool {
		forgotten := a.ref.Container == container && a.phase == ended && a.ref.Attempt < last
		if forgotten {
			if h.past == nil {
				h.past = map[string]*attempt{}
			}
			h.past[container] = a
		}
		return forgotten
	})
}

// queue holds the attempts to which something happens by itself, the soonest first.
type queue []*attempt

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if d := a.due().Compare(b.due()); d != 0 {
		return d < 0
	}
	return compareRefs(a.ref, b.ref) < 0
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}
func (q *queue) Push(x any) {
	a := x.(*attempt)
	a.place = len(*q)
	*q = append(*q, a)
}
func (q *queue) Pop() any {
	last := len(*q) - 1
	a := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	a.place = -1
	return a
}

// put gives a its place in the queue after it changed.
func (q *queue) put(a *attempt) {
	switch due := a.due(); {
	case due.IsZero():
		q.drop(a)
	case a.place < 0:
		heap.Push(q, a)
	default:
		heap.Fix(q, a.place)
	}
}

func (q *queue) drop(a *attempt) {
	if a.place >= 0 {
		heap.Remove(q, a.place)
	}
}

func compareRefs(a, b orchestrator.ContainerRef) int {
	return cmp.Or(strings.Compare(a.UID, b.UID), strings.Compare(a.Container, b.Container), cmp.Compare(a.Attempt, b.Attempt))
}

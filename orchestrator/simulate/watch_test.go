package simulate_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// watch holds a history to what is promised, from what is written and given out,
// without asking the code that decides. The first thing that is wrong counts.
type watch struct {
	c        *simulate.Cluster
	began    time.Time
	schedule simulate.Schedule
	outages  []outage
	jumped   time.Time // when the clock is first set; from then on times say nothing
	phases   map[string]pod.Phase
	restarts map[string]*restarts
	drains   drainWatch
	portals  map[string]string // by uid of a service: its address and node ports
	err      error
}

// restarts is what is known of a container.
type restarts struct {
	count int // as last seen
	row   int // how many in a row were not followed by a long run; -1: not known
}

func newWatch(s simulate.Schedule) *watch {
	return &watch{
		schedule: s, outages: outages(s), jumped: time.Unix(1<<40, 0),
		phases: make(map[string]pod.Phase), restarts: make(map[string]*restarts), portals: make(map[string]string),
	}
}

// follow begins to watch a cluster.
func (w *watch) follow(c *simulate.Cluster) {
	w.c, w.began = c, c.Now()
	for _, i := range w.schedule {
		if _, jumps := i.Fault.(simulate.ClockJump); jumps {
			if at := w.began.Add(i.At); at.Before(w.jumped) {
				w.jumped = at
			}
		}
	}
}

func (w *watch) fail(now time.Time, format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("after %s: %s", now.Sub(w.began), fmt.Sprintf(format, args...))
	}
}

// observe looks at one step.
func (w *watch) observe(now time.Time, ready orchestrator.Ready) {
	if w.err != nil || w.c == nil {
		return
	}
	for _, c := range ready.Changes {
		if p, ok := c.New.(*pod.Pod); ok {
			w.pod(p, now)
		} else if p, ok := c.Old.(*pod.Pod); ok {
			delete(w.phases, p.UID)
		}
	}
	for _, work := range ready.Work {
		if work.Kind == orchestrator.WorkStop {
			w.stop(work, now)
		}
	}
	w.moved(now)
	w.drained(ready, now)
	w.served(ready, now)
	w.shared(ready, now)
}

// pod looks at a pod as it was written.
func (w *watch) pod(p *pod.Pod, now time.Time) {
	was, is := w.phases[p.UID], p.Status.Phase
	w.phases[p.UID] = is
	switch {
	case was.Terminal() && is != was:
		w.fail(now, "pod %s was %s and became %s", p.Name, was, is)
	case was.Terminal():
	case is == pod.Succeeded && !endedWell(p):
		w.fail(now, "pod %s is Succeeded, and its container has not ended well", p.Name)
	case is == pod.Failed && p.Status.Reason == lifecycle.NodeLost && !w.silent(p.Spec.NodeName, now):
		w.fail(now, "pod %s was given up with node %s, which was well", p.Name, p.Spec.NodeName)
	}
	for i := range p.Status.ContainerStatuses {
		w.container(p, &p.Status.ContainerStatuses[i], now)
	}
}

func endedWell(p *pod.Pod) bool {
	return len(p.Status.ContainerStatuses) > 0 && !slices.ContainsFunc(p.Status.ContainerStatuses, func(s pod.ContainerStatus) bool {
		return s.State.Terminated == nil || s.State.Terminated.ExitCode != 0
	})
}

// container looks at when a container is started again: at once, then 10 s after
// its end, 20 s, 40 s, … 5 min; and from the beginning when it ran for 10 min.
func (w *watch) container(p *pod.Pod, s *pod.ContainerStatus, now time.Time) {
	r := w.restarts[p.UID+s.Name]
	if r == nil {
		r = &restarts{}
		w.restarts[p.UID+s.Name] = r
	}
	switch s.RestartCount {
	case r.count:
	case r.count + 1:
		w.restarted(p, s, r, now)
	default:
		r.row = -1 // nobody saw what was before
	}
	r.count = s.RestartCount
	if waits := s.State.Waiting; waits != nil && waits.Reason != lifecycle.ContainerCreating && waits.Reason != lifecycle.CrashLoopBackOff {
		r.row = -1 // a start that failed counts by other rules
	}
	if ended := s.LastState.Terminated; ended != nil && s.State.Waiting != nil && s.State.Waiting.Reason == lifecycle.CrashLoopBackOff {
		if wait := s.RetryAt.Sub(ended.FinishedAt); r.row >= 0 && now.Before(w.jumped) && wait != r.wait(ended) {
			w.fail(now, "container %s of pod %s waits for %s after restart %d, and should for %s", s.Name, p.Name, wait, s.RestartCount, r.wait(ended))
		}
	}
}

func (w *watch) restarted(p *pod.Pod, s *pod.ContainerStatus, r *restarts, now time.Time) {
	ended := s.LastState.Terminated
	if ended == nil || r.row < 0 {
		r.row = -1
		return
	}
	if waited := now.Sub(ended.FinishedAt); now.Before(w.jumped) && waited < r.wait(ended) {
		w.fail(now, "container %s of pod %s is restarted after %s, and should be after %s", s.Name, p.Name, waited, r.wait(ended))
	}
	if long(ended) {
		r.row = 0
	}
	r.row++
}

// wait is how long a container that has ended so waits.
func (r *restarts) wait(ended *pod.Terminated) time.Duration {
	if r.row == 0 || long(ended) {
		return 0
	}
	return min(10*time.Second<<min(r.row-1, 10), 5*time.Minute)
}

func long(ended *pod.Terminated) bool { return ended.FinishedAt.Sub(ended.StartedAt) >= 10*time.Minute }

// stop looks at a stop that is given out: nothing is stopped that is to run, and runs.
func (w *watch) stop(work orchestrator.Work, now time.Time) {
	p, err := w.c.View().Pods().ByUID(work.Ref.UID)
	if err != nil || p.Spec.NodeName != work.Node || p.Deleting() || p.Status.Phase.Terminal() || p.Status.Reason == lifecycle.VolumeFailed {
		return
	}
	s := p.Status.ContainerStatuses[0]
	if s.RestartCount == work.Ref.Attempt && s.State.Running != nil && slices.Contains(w.c.Machine(work.Node).Live(now), work.Ref) {
		w.fail(now, "container %s of pod %s is stopped, which runs and is to run", s.Name, p.Name)
	}
}

// outage is a time for which nothing is heard of a node.
type outage struct {
	node     string
	from, to time.Duration
}

// outages returns the times in which a node is silent, or hard to understand.
func outages(s simulate.Schedule) (list []outage) {
	for _, i := range s {
		switch f := i.Fault.(type) {
		case simulate.NodeDown:
			list = append(list, outage{f.Node, i.At, i.At + f.For})
		case simulate.Partition:
			for _, n := range f.Nodes {
				list = append(list, outage{n, i.At, i.At + f.For})
			}
		case simulate.Slow:
			list = append(list, outage{f.Node, i.At, i.At + f.For + f.By})
		case simulate.Hang:
			list = append(list, outage{f.Node, i.At, i.At + f.For})
		case simulate.Reports:
			list = append(list, outage{f.Node, i.At, i.At + f.For + 2*time.Minute}) // a lost one is missed for so long
		}
	}
	return list
}

// silent reports whether a node may have been silent for as long as it takes to
// give it up: two minutes, from the last of the checks, which are half a minute apart.
func (w *watch) silent(node string, now time.Time) bool {
	if !now.Before(w.jumped) {
		return true
	}
	at := now.Sub(w.began)
	return slices.ContainsFunc(w.outages, func(o outage) bool {
		return o.node == node && o.from <= at-85*time.Second && o.to >= at-4*time.Minute
	})
}

// moved looks at nodes that were silent for long: their pods were given up,
// unless something else is wrong that may keep the orchestrator from it.
func (w *watch) moved(now time.Time) {
	at := now.Sub(w.began)
	for i, o := range w.outages {
		if at < o.from+200*time.Second || at >= o.to || !w.plain(i) {
			continue
		}
		for p := range w.c.View().Pods().All(store.Filter{Node: o.node}) {
			if !p.Status.Phase.Terminal() && !p.Deleting() {
				w.fail(now, "pod %s is still on node %s, of which nothing is heard since %s", p.Name, o.node, o.from)
			}
		}
	}
}

// plain reports whether an outage is the only thing that is wrong then: no other
// of its zone, and neither a crash nor another time.
func (w *watch) plain(i int) bool {
	o := w.outages[i]
	if o.to-o.from < 200*time.Second {
		return false
	}
	for j, other := range w.outages {
		if j != i && zoneOf(other.node) == zoneOf(o.node) && other.from < o.to && other.to > o.from-5*time.Minute {
			return false
		}
	}
	return !slices.ContainsFunc(w.schedule, func(i simulate.Incident) bool {
		switch f := i.Fault.(type) {
		case simulate.ClockJump:
			return i.At < o.to
		case simulate.Crash:
			return i.At < o.to && i.At > o.from-5*time.Minute
		case simulate.Slow: // its answers still come
			return f.Node == o.node && i.At == o.from
		case simulate.Hang:
			return f.Node == o.node && i.At == o.from
		case simulate.Reports:
			return f.Node == o.node && i.At == o.from
		}
		return false
	})
}

// end looks at what is left when it has been quiet for a while.
func (w *watch) end() error {
	if w.err != nil {
		return w.err
	}
	byApp := make(map[string]string)
	for rc := range w.c.View().Controllers().All(store.Filter{}) {
		byApp[rc.Spec.Selector["app"]] = rc.UID
	}
	live := make(map[string]int)
	for p := range w.c.View().Pods().All(store.Filter{}) {
		if p.Status.Phase.Terminal() || p.Deleting() {
			continue
		}
		owner, _ := p.Controller()
		if want := byApp[p.Labels["app"]]; owner.UID != want {
			return fmt.Errorf("in the end pod %s with labels %v is of controller %q, and should be of %q", p.Name, p.Labels, owner.UID, want)
		}
		live[owner.UID]++
		if p.Spec.NodeName == "" {
			return fmt.Errorf("in the end pod %s waits for a node: %+v", p.Name, p.Status)
		}
	}
	for rc := range w.c.View().Controllers().All(store.Filter{}) {
		if live[rc.UID] != *rc.Spec.Replicas {
			return fmt.Errorf("in the end controller %s has %d pods and wants %d", rc.Name, live[rc.UID], *rc.Spec.Replicas)
		}
	}
	return nil
}

// byTime orders a schedule, so that what it prints reads as it happens.
func byTime(s simulate.Schedule) simulate.Schedule {
	slices.SortStableFunc(s, func(a, b simulate.Incident) int { return cmp.Compare(a.At, b.At) })
	return s
}

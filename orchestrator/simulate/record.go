package simulate

import (
	"cmp"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// recorder keeps the figures of a Report. What is durable counts.
type recorder struct {
	every   time.Duration
	start   time.Time
	next    time.Time // when the next sample is due
	samples []Sample

	pods    map[string]*tracked // by uid; those that have not ended
	waiting map[string]*pod.Pod // of them those for which others make way, which have no node yet
	now     Counts
	queued  []time.Duration // how long each pod waited for a node
	started []time.Duration // and until it ran
	fresh   []time.Duration // of queued: since the last sample
	shapes  map[string]*shape
	came    int
}

// tracked is a pod that has not ended.
type tracked struct {
	created, placed time.Time // zero: not yet
	stage           stage
	restarts        int
}

// stage is how far a pod has come.
type stage int

const (
	waiting stage = iota
	starting
	running
	ended
)

// shape is what pods ask for that ask for the same, and how many came.
type shape struct {
	wants   scheduler.Amounts
	demands []scheduler.Demand // of devices
	came    int
}

func newRecorder(every time.Duration, start time.Time) *recorder {
	return &recorder{every: every, start: start, next: start, pods: make(map[string]*tracked), waiting: make(map[string]*pod.Pod), shapes: make(map[string]*shape)}
}

// record takes in what a step decided.
func (c *Cluster) record(ready orchestrator.Ready) {
	r := c.recorder
	if r == nil {
		return
	}
	for _, change := range ready.Changes {
		old, _ := change.Old.(*pod.Pod)
		p, _ := change.New.(*pod.Pod)
		switch {
		case p != nil:
			r.change(p, c.now)
		case old != nil:
			r.leave(old.UID)
		}
	}
	for _, e := range ready.Events {
		switch e.Reason {
		case "Evicted", "Preempted", "TaintManagerEviction":
			r.now.Evictions++
		}
	}
}

// change takes in a pod as it is now.
func (r *recorder) change(p *pod.Pod, now time.Time) {
	t := r.pods[p.UID]
	if t == nil {
		if p.Status.Phase.Terminal() {
			return
		}
		t = &tracked{created: now}
		r.pods[p.UID] = t
		r.now.Waiting++
		r.come(p)
	}
	if p.Spec.NodeName != "" && t.placed.IsZero() {
		t.placed = now
		r.queued = append(r.queued, now.Sub(t.created))
		r.fresh = append(r.fresh, now.Sub(t.created))
	}
	if p.Spec.NodeName == "" && p.Status.NominatedNodeName != "" && !p.Status.Phase.Terminal() {
		r.waiting[p.UID] = p
	} else {
		delete(r.waiting, p.UID)
	}
	restarts := 0
	for i := range p.Status.ContainerStatuses {
		restarts += p.Status.ContainerStatuses[i].RestartCount
	}
	r.now.Restarts += max(0, restarts-t.restarts)
	t.restarts = restarts
	if s := stageOf(p); s != t.stage {
		if s >= running && t.stage < running && ran(p) {
			r.started = append(r.started, now.Sub(t.created))
		}
		*r.now.of(t.stage)--
		t.stage = s
		*r.now.of(s)++
	}
	switch {
	case p.Status.Phase == pod.Succeeded:
		r.now.Succeeded++
		delete(r.pods, p.UID)
	case p.Status.Phase == pod.Failed:
		r.now.Failed++
		if p.Status.Reason == lifecycle.NodeLost && !p.Deleting() { // otherwise it was to go already
			r.now.Evictions++
		}
		delete(r.pods, p.UID)
	}
}

// ran reports whether a pod runs, or has run before it ended: one that was lost on its
// way up has not.
func ran(p *pod.Pod) bool {
	return p.Status.Phase == pod.Running || slices.ContainsFunc(p.Status.ContainerStatuses, func(s pod.ContainerStatus) bool {
		return s.RestartCount > 0 || s.State.Terminated != nil && !s.State.Terminated.StartedAt.IsZero()
	})
}

// come counts what a new pod asks for.
func (r *recorder) come(p *pod.Pod) {
	r.came++
	key := p.Requests().String()
	if r.shapes[key] == nil {
		request := scheduler.NewRequest(p)
		r.shapes[key] = &shape{wants: request.Wants, demands: request.Demands()}
	}
	r.shapes[key].came++
}

// leave takes in that a pod is no longer there.
func (r *recorder) leave(uid string) {
	if t := r.pods[uid]; t != nil {
		*r.now.of(t.stage)--
		delete(r.pods, uid)
		delete(r.waiting, uid)
	}
}

func stageOf(p *pod.Pod) stage {
	switch {
	case p.Status.Phase.Terminal():
		return ended
	case p.Status.Phase == pod.Running:
		return running
	case p.Spec.NodeName != "":
		return starting
	}
	return waiting
}

// of returns the count of pods of a stage.
func (c *Counts) of(s stage) *int {
	switch s {
	case waiting:
		return &c.Waiting
	case starting:
		return &c.Starting
	case running:
		return &c.Running
	}
	return new(int)
}

// sample takes the samples that are due before a time. Nothing happens from now until then.
func (r *recorder) sample(c *Cluster, before time.Time) {
	if !r.next.Before(before) {
		return
	}
	shares := r.shares(c)
	for r.next.Before(before) {
		r.samples = append(r.samples, r.look(shares))
		r.fresh = r.fresh[:0]
		r.next = r.next.Add(r.every)
	}
}

// look returns the next sample, were it due now.
func (r *recorder) look(shares []Share) Sample {
	return Sample{At: r.next.Sub(r.start), Counts: r.now, Queued: quantilesOf(r.fresh), Shares: shares}
}

// durable returns where pods are by what is durable: of a program that has died that
// may be less than it had decided.
func (c *Cluster) durable() *orchestrator.Fork {
	if c.host.dead {
		if engine, err := c.restored(); err == nil {
			return engine.Fork()
		}
	}
	return c.engine.Fork()
}

// shares returns how much of each resource is taken, and how much of the rest is
// of no use.
func (r *recorder) shares(c *Cluster) []Share {
	room, used := make(map[pod.ResourceName]float64), make(map[pod.ResourceName]float64)
	free, lost := make(map[pod.ResourceName]float64), make(map[pod.ResourceName]float64)
	expected := r.expected()
	for n := range c.durable().Nodes() {
		useless := r.unfit(n)
		for _, name := range limited(n) {
			room[name] += float64(n.Room.Milli(name))
			used[name] += float64(n.Used.Milli(name))
			for _, wants := range expected[n.Node.Name] {
				used[name] -= float64(wants.Milli(name))
			}
			free[name] += float64(n.Free.Milli(name))
			lost[name] += float64(n.Free.Milli(name)) * useless
		}
	}
	var shares []Share
	for name := range room {
		shares = append(shares, Share{Resource: name, Allocated: ratio(used[name], room[name]), Fragmented: ratio(lost[name], free[name])})
	}
	slices.SortFunc(shares, func(a, b Share) int { return cmp.Compare(a.Resource, b.Resource) })
	return shares
}

// expected returns by node what pods request for which others make way there: room is
// kept for them that those others still have.
func (r *recorder) expected() map[string][]scheduler.Amounts {
	wants := make(map[string][]scheduler.Amounts)
	for _, p := range r.waiting {
		at := p.Status.NominatedNodeName
		wants[at] = append(wants[at], scheduler.NewRequest(p).Wants)
	}
	return wants
}

func ratio(part, of float64) float64 {
	if of == 0 {
		return 0
	}
	return part / of
}

// limited returns the resources of which a node has a limited amount.
func limited(n *scheduler.Candidate) []pod.ResourceName {
	var names []pod.ResourceName
	for _, name := range []pod.ResourceName{pod.CPU, pod.Memory} {
		if n.Room.Milli(name) != scheduler.Unlimited {
			names = append(names, name)
		}
	}
	for _, o := range n.Room.Other {
		names = append(names, o.Name)
	}
	return names
}

// unfit returns the share of the pods that came whose like does not fit on the node now.
func (r *recorder) unfit(n *scheduler.Candidate) float64 {
	if r.came == 0 {
		return 0
	}
	unfit := 0
	for _, s := range r.shapes {
		if n.Node.Refusal() != "" || !s.fits(n) {
			unfit += s.came
		}
	}
	return float64(unfit) / float64(r.came)
}

// fits reports whether a node has room for one more, and devices that have.
func (s *shape) fits(n *scheduler.Candidate) bool {
	wants, free := &s.wants, &n.Free
	if wants.MilliCPU > free.MilliCPU || wants.Memory > free.Memory || wants.Storage > free.Storage || wants.Pods > free.Pods {
		return false
	}
	for _, o := range wants.Other {
		if o.Milli > free.Milli(o.Name) {
			return false
		}
	}
	for i := range s.demands {
		d := &s.demands[i]
		if left := n.Devices(d.Name); left != nil && !d.Fits(left) {
			return false
		}
	}
	return true
}

package scheduler

import (
	"iter"
	"runtime"

	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/pod"
)

// PlaceAll picks a node for one pod after the other and counts each there, as Pick
// and Accept do; it yields the decisions in the order of the pods. The error is that of
// Accept, and nil where the pod fits nowhere. A pod that is counted already is moved.
//
// With a Policy it is much faster than one by one where there are many pods: what is known
// of them lies all over the memory, and is asked for some pods ahead, all at once.
//
// When a decision is yielded its pod is counted, and none that comes behind it.
// The caller may change the cluster then, and the next pick sees that; or leave
// the loop, and the pods behind are neither asked about nor counted. It must not change
// the pods meanwhile, nor the slice.
func (c *Cluster) PlaceAll(s Scheduler, pods []*pod.Pod) iter.Seq2[Decision, error] {
	policy, ok := s.(*Policy)
	if !ok || policy.Individual || policy.Sample > 0 {
		return c.placeEach(s, pods)
	}
	return func(yield func(Decision, error) bool) {
		var next [ahead]prospect
		for i, p := range pods {
			if i%ahead == 0 {
				c.lookUp(pods[i:min(i+ahead, len(pods))], &next)
			}
			x := &next[i%ahead]
			d := policy.pickFor(x.template, c)
			var err error
			if d.Node != "" {
				err = c.accept(p, x.uid, x.template, d)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// placeEach is PlaceAll for any scheduler.
func (c *Cluster) placeEach(s Scheduler, pods []*pod.Pod) iter.Seq2[Decision, error] {
	return func(yield func(Decision, error) bool) {
		for _, p := range pods {
			d := s.Pick(p, c)
			var err error
			if d.Node != "" {
				err = c.Accept(p, d)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// ahead is how many pods are looked up at a time: more than a processor waits for at
// once, and few enough for all that is found to stay in its caches.
const ahead = 32

// prospect is what was found out about a pod that is placed soon.
type prospect struct {
	uid      hashed
	template *template
}

// lookUp finds the templates of pods. It goes through them several times, each time
// one step further: a step reads little of each pod, and waits for none.
func (c *Cluster) lookUp(pods []*pod.Pod, next *[ahead]prospect) {
	read := 0
	for _, p := range pods {
		read += touch(p)
	}
	for _, p := range pods {
		read += prefetch.Text(p.UID)
	}
	for i, p := range pods {
		next[i] = prospect{hashOf(p.UID), c.templates.likely(p)}
	}
	for i := range pods {
		read += c.placed.top.touch(next[i].uid)
		if t := next[i].template; t != nil {
			read += t.touch()
		}
	}
	for i, p := range pods {
		x := &next[i]
		if x.template == nil || !x.template.has(p) {
			x.template = c.templates.of(p)
		}
		read += x.template.request.touch()
	}
	runtime.KeepAlive(read) // or the compiler leaves the reading out
}

// touch reads what likenesses are compared with: see package prefetch.
func touch(p *pod.Pod) int {
	read := len(p.UID) + len(p.Namespace) + len(p.OwnerReferences) + len(p.Spec.Containers) +
		len(p.Spec.InitContainers) + len(p.Spec.Volumes) + len(p.Spec.Tolerations) + len(p.Spec.TopologySpreadConstraints)
	if p.Labels == nil || p.Annotations == nil || p.Spec.NodeSelector == nil || p.Spec.Affinity == nil || p.Spec.Priority == nil {
		read++
	}
	return read
}

// likely returns the template that a pod has if it was not changed since it was made; or nil.
func (ts *templates) likely(p *pod.Pod) *template {
	if len(p.Spec.Containers) == 0 {
		return nil
	}
	return ts.shared[&p.Spec.Containers[0]]
}

// touch reads the likeness, and what a pick begins with.
func (t *template) touch() int {
	read := len(t.namespace) + len(t.containers) + len(t.volumes) + len(t.spreads)
	if t.annotations == nil || t.ranking == nil {
		read++
	}
	return read
}

// touch reads what a node is going to have less of.
func (r *Request) touch() int {
	return int(r.Wants.MilliCPU) + int(r.guessed.memory) + len(r.ports) + len(r.demands)
}

package orchestrator

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// prober remembers what the probes of running containers found. None of it is
// stored: after a restart they count from zero.
type prober struct {
	pods map[string][]*probing // by pod uid
}

// probing is one probe of one attempt.
type probing struct {
	lifecycle.Probing
	next time.Time
	busy bool
}

// results returns what the probes of a pod found so far.
func (pr *prober) results(p *pod.Pod) []lifecycle.Probing {
	all := pr.pods[p.UID]
	if len(all) == 0 {
		return nil
	}
	results := make([]lifecycle.Probing, len(all))
	for i, x := range all {
		results[i] = x.Probing
	}
	return results
}

func (pr *prober) forget(p *pod.Pod) { delete(pr.pods, p.UID) }

// find returns a probe of an attempt, or nil.
func (pr *prober) find(uid, container string, attempt int, kind lifecycle.ProbeKind) *probing {
	for _, x := range pr.pods[uid] {
		if x.Container == container && x.Attempt == attempt && x.Kind == kind {
			return x
		}
	}
	return nil
}

// probe asks what is due of a pod's probes, and forgets those that no longer
// are: of attempts that have ended.
func (e *Engine) probe(m *machine, p *pod.Pod, due []lifecycle.ProbeDue, now time.Time) {
	if len(due) == 0 {
		if len(e.probes.pods) > 0 {
			e.probes.trim(p)
		}
		return
	}
	e.probes.trim(p)
	for _, d := range due {
		x := e.probes.find(p.UID, d.Container, d.Attempt, d.Kind)
		if x == nil {
			x = &probing{
				Probing: lifecycle.Probing{Container: d.Container, Attempt: d.Attempt, Kind: d.Kind},
				next:    d.NotBefore,
			}
			if e.probes.pods == nil {
				e.probes.pods = make(map[string][]*probing)
			}
			e.probes.pods[p.UID] = append(e.probes.pods[p.UID], x)
		}
		switch {
		case x.busy:
		case x.next.After(now):
			e.timers.sooner(timerKey{podLoop, p.UID}, x.next)
		default:
			x.busy = true
			x.next = now.Add(probePeriod(d.Probe))
			ref := ContainerRef{UID: p.UID, Container: d.Container, Attempt: d.Attempt}
			e.ask(m, Work{Kind: WorkProbe, Pod: p, Container: p.Container(d.Container), Ref: ref, Probe: &d})
		}
	}
}

// trim forgets the probes of attempts that are not the newest.
func (pr *prober) trim(p *pod.Pod) {
	kept := slices.DeleteFunc(pr.pods[p.UID], func(x *probing) bool {
		return RefTo(p, x.Container).Attempt != x.Attempt
	})
	if len(kept) == 0 {
		delete(pr.pods, p.UID)
		return
	}
	pr.pods[p.UID] = kept
}

// probed takes in the result of a probe.
func (e *Engine) probed(c *call, err error, _ time.Time) {
	x := e.probes.find(c.Ref.UID, c.Ref.Container, c.Ref.Attempt, c.Probe.Kind)
	if x == nil {
		return
	}
	x.busy = false
	switch {
	case errors.Is(err, errCancelled):
	case err == nil:
		x.Successes, x.Failures, x.Message = x.Successes+1, 0, ""
	default:
		x.Successes, x.Failures, x.Message = 0, x.Failures+1, err.Error()
		e.tellUnready(c, err)
	}
	e.pods.add(c.Ref.UID)
}

// tellUnready says why a container is not ready yet. What was and no longer is,
// or is to be killed, is told by lifecycle, in the same words.
func (e *Engine) tellUnready(c *call, err error) {
	p, missing := e.head().Pods().ByUID(c.Ref.UID)
	if missing != nil || c.Probe.Kind == lifecycle.Liveness {
		return
	}
	if s := p.Status.Container(c.Ref.Container); s != nil && !s.Ready {
		e.event(p, "node", c.Node, warning(lifecycle.EventUnhealthy, "Container %s: %s probe failed: %v",
			s.Name, strings.ToLower(string(c.Probe.Kind)), err))
	}
}

// probePeriod is core/v1's: 10 s where the probe does not say.
func probePeriod(p *pod.Probe) time.Duration {
	return time.Duration(cmp.Or(p.PeriodSeconds, 10)) * time.Second
}

package orchestrator

import (
	"errors"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// hooks remembers which hooks of containers run, and how those ended of which
// that is not recorded yet. None of it is stored: a hook whose end was not
// recorded before a crash is run again.
type hooks struct {
	pods map[string][]*hooking // by pod uid
}

// hooking is one hook of one attempt.
type hooking struct {
	lifecycle.Hooked
	call  uint64    // the work under way; 0: none
	ended bool      // what is in Hooked counts
	again time.Time // not to be run before
}

func (x *hooking) is(h *lifecycle.HookDue) bool {
	return x.Container == h.Container && x.Attempt == h.Attempt && x.Kind == h.Kind
}

// results returns the hooks of a pod that have ended.
func (hs *hooks) results(p *pod.Pod) []lifecycle.Hooked {
	var results []lifecycle.Hooked
	for _, x := range hs.pods[p.UID] {
		if x.ended {
			results = append(results, x.Hooked)
		}
	}
	return results
}

// hook has what is due of a pod's hooks run, each once, and gives up those that
// are not due any more. Nothing is run before it is known what runs.
func (e *Engine) hook(m *machine, p *pod.Pod, due []lifecycle.HookDue, listed bool, now time.Time) {
	if len(due) == 0 && len(e.hooks.pods[p.UID]) == 0 {
		return
	}
	kept := slices.DeleteFunc(e.hooks.pods[p.UID], func(x *hooking) bool {
		if slices.ContainsFunc(due, func(h lifecycle.HookDue) bool { return x.is(&h) }) {
			return false
		}
		e.dropHook(m, x)
		return true
	})
	for i := range due {
		h := &due[i]
		at := slices.IndexFunc(kept, func(x *hooking) bool { return x.is(h) })
		if at < 0 {
			at = len(kept)
			kept = append(kept, &hooking{Hooked: lifecycle.Hooked{Container: h.Container, Attempt: h.Attempt, Kind: h.Kind}})
		}
		switch x := kept[at]; {
		case x.call != 0 || x.ended || !listed:
		case x.again.After(now):
			e.timers.sooner(timerKey{podLoop, p.UID}, x.again)
		default:
			ref := ContainerRef{UID: p.UID, Container: h.Container, Attempt: h.Attempt}
			x.call = e.ask(m, Work{Kind: WorkHook, Pod: p, Container: p.Container(h.Container), Ref: ref, Grace: h.Timeout, Hook: h}).ID
		}
	}
	e.hooks.keep(p.UID, kept)
}

func (hs *hooks) keep(uid string, kept []*hooking) {
	switch {
	case len(kept) == 0:
		delete(hs.pods, uid)
	case hs.pods == nil:
		hs.pods = map[string][]*hooking{uid: kept}
	default:
		hs.pods[uid] = kept
	}
}

// dropHook gives up a hook that is being run.
func (e *Engine) dropHook(m *machine, x *hooking) {
	if x.call != 0 && m != nil {
		e.ask(m, Work{Kind: WorkCancel, Cancel: x.call})
	}
}

// forgetHooks gives up the hooks of a pod that is no longer there.
func (e *Engine) forgetHooks(p *pod.Pod) {
	for _, x := range e.hooks.pods[p.UID] {
		e.dropHook(e.machines[p.Spec.NodeName], x)
	}
	delete(e.hooks.pods, p.UID)
}

// hooked takes in the end of a hook.
func (e *Engine) hooked(c *call, err error, now time.Time) {
	at := slices.IndexFunc(e.hooks.pods[c.Ref.UID], func(x *hooking) bool { return x.call == c.ID })
	if at < 0 {
		return // it was given up
	}
	x := e.hooks.pods[c.Ref.UID][at]
	x.call = 0
	switch {
	case errors.Is(err, errCancelled):
	case errors.Is(err, errNotConnected): // nobody has asked the container yet
		x.again = now.Add(time.Second)
	default:
		x.ended = true
		if x.Failed = err != nil; x.Failed {
			x.Message = err.Error()
		}
	}
	e.pods.add(c.Ref.UID)
}

// tellHanging says of a hook that it takes long, where that keeps its container from becoming ready.
func (e *Engine) tellHanging(c *call, now time.Time) {
	if p, missing := e.head().Pods().ByUID(c.Ref.UID); missing == nil && c.Hook.Kind == lifecycle.PostStart {
		e.event(p, "node", c.Node, warning("HookHangs", "%s has not ended for %s", c.subject(), now.Sub(c.since)))
	}
}

// hookField is the name of the hook in a manifest.
func hookField(kind lifecycle.HookKind) string {
	if kind == lifecycle.PreStop {
		return "preStop"
	}
	return "postStart"
}

// room returns what the node has for pods: what stands for a limit that a
// container does not have.
func (m *machine) room() pod.Resources {
	switch {
	case m.node == nil:
		return nil
	case m.node.Status.Allocatable != nil:
		return m.node.Status.Allocatable
	}
	return m.node.Status.Capacity
}

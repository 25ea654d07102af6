package fake

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Machine is one node's containers as data: it owns no goroutine, reads no
// clock and does no I/O. The zero value is an empty machine.
//
// Time is what the caller says it is. Whatever was to happen by then has
// happened before a method answers; a time before that of an earlier call
// undoes nothing.
//
// These hold after every call, and Check tells when the caller broke one:
//
//  1. No attempt was executed twice, unless the machine lost its memory in between (Down).
//  2. At most one attempt of a container is alive.
//
// A Machine is not safe for concurrent use; Runtime is.
type Machine struct {
	// Scripts say what containers do. Default: run until stopped. A script
	// holds from the start of an attempt to its end.
	Scripts Scripts
	// Choose is asked before Scripts, which count where it returns false.
	// try counts from 0; see Rule.Attempts. Default: not asked.
	Choose func(p *pod.Pod, c *pod.Container, try int) (Script, bool)
	// Network that pods get their addresses from. Default: 10.0.0.0/16.
	Network netip.Prefix

	pods   []*resident // by uid
	queue  queue
	ips    addresses
	boot   int // how often it lost its memory
	starts map[orchestrator.ContainerRef]execution
	hooks  map[hookRun]int             // how often each was run
	twice  []orchestrator.ContainerRef // invariant 1 does not hold for them

	happened int // how often settle found that something had

	shown []orchestrator.ContainerState // what List returned; nil: something has changed since
}

// execution is how often an attempt ran, and since which loss of memory.
type execution struct{ times, boot int }

// Start starts an attempt: see orchestrator.Runtime. done is when the call
// returns with err: now, or later where the script has a StartDelay. The
// container runs from then on.
//
// Starting an attempt that is being started joins that start. An attempt older
// than the newest that ran is never executed: nil if it once was, else an error.
func (m *Machine) Start(p *pod.Pod, c pod.Container, now time.Time) (done time.Time, err error) {
	m.settle(now)
	ref := orchestrator.RefTo(p, c.Name)
	if ref.UID == "" || ref.Container == "" {
		return now, startError(p, ref, errors.New("the pod has no uid or the container no name"))
	}
	home, err := m.admit(p)
	if err != nil {
		return now, startError(p, ref, err)
	}
	at, known := home.find(ref)
	switch newest := home.newest(ref.Container); {
	case known && home.attempts[at].phase == starting:
		return home.attempts[at].begins, home.attempts[at].err
	case known, ref.Attempt < newest && m.starts[ref].times > 0:
		return now, nil
	case ref.Attempt < newest:
		return now, startError(p, ref, fmt.Errorf("attempt %d came after it", newest))
	case home.fault != "":
		return now, startError(p, ref, &orchestrator.StartError{Reason: "FailedMount", Err: errors.New(home.fault)})
	}
	a := &attempt{ref: ref, home: home, hooks: c.Lifecycle, place: -1, script: m.script(p, &c, ref.Attempt+home.failed[ref.Container])}
	a.id = home.name + "/" + ref.Container + "/" + strconv.Itoa(ref.Attempt)
	a.begins = now.Add(max(a.script.StartDelay, 0))
	if a.script.StartErr != nil {
		a.err = startError(p, ref, a.script.StartErr)
	}
	home.attempts = slices.Insert(home.attempts, at, a)
	m.queue.put(a)
	m.advance(now)
	return a.begins, a.err
}

// Stop ends an attempt: see orchestrator.Runtime. done is when nothing of it
// runs any more: at most now plus grace, which counts as 0 where it is
// negative. An attempt that is being started will not run. A second Stop can
// only bring the end nearer. err is always nil.
func (m *Machine) Stop(ref orchestrator.ContainerRef, grace time.Duration, now time.Time) (done time.Time, err error) {
	m.settle(now)
	a := m.attempt(ref)
	switch {
	case a == nil || a.phase == ended:
		return now, nil
	case a.phase == starting:
		m.cancel(a)
		return now, nil
	}
	grace = max(grace, 0)
	if grace > 0 && !a.script.IgnoresTerm && a.script.StopDelay <= grace {
		a.endBy(now.Add(max(a.script.StopDelay, 0)), a.script.stopped())
	} else {
		a.endBy(now.Add(grace), killed(9))
	}
	done = a.ends
	m.queue.put(a)
	m.advance(now)
	return done, nil
}

// Remove kills what runs of the pod and forgets it, its address and its volumes.
func (m *Machine) Remove(uid string, now time.Time) {
	m.settle(now)
	at, known := m.find(uid)
	if !known {
		return
	}
	for _, a := range m.pods[at].attempts {
		m.queue.drop(a)
	}
	if ip, err := netip.ParseAddr(m.pods[at].ip); err == nil {
		m.ips.free(ip)
	}
	m.pods, m.shown = slices.Delete(m.pods, at, at+1), nil
}

// List returns what orchestrator.Runtime's List does: every attempt that runs,
// and the newest ended one of each container; by uid, container and attempt.
// The list is shared: don't change it, or what it points to.
func (m *Machine) List(now time.Time) []orchestrator.ContainerState {
	m.settle(now)
	if m.shown == nil {
		m.shown = make([]orchestrator.ContainerState, 0, len(m.pods))
		for _, h := range m.pods {
			for _, a := range h.attempts {
				if a.phase != starting {
					m.shown = append(m.shown, orchestrator.ContainerState{
						ContainerRef: a.ref, Namespace: h.namespace, Pod: h.name, PodIP: h.ip,
						ID: a.id, State: a.state, VolumeFault: h.fault,
					})
				}
			}
		}
	}
	return m.shown
}

// Next returns when something next changes by itself: a container runs, ends,
// or breaks a volume. Zero: never.
func (m *Machine) Next() time.Time {
	if len(m.queue) == 0 {
		return time.Time{}
	}
	return m.queue[0].due()
}

// Pods returns the uids of the pods that were started and not removed, sorted.
func (m *Machine) Pods() []string {
	uids := make([]string, len(m.pods))
	for i, h := range m.pods {
		uids[i] = h.uid
	}
	return uids
}

// settle lets happen what is due by now.
func (m *Machine) settle(now time.Time) {
	if m.advance(now) {
		m.happened++
	}
}

// advance lets happen what is due by now, in order, and reports whether anything was.
func (m *Machine) advance(now time.Time) bool {
	changed := false
	for len(m.queue) > 0 && !m.queue[0].due().After(now) {
		changed, m.shown = true, nil
		switch a := m.queue[0]; {
		case a.phase == starting && a.err != nil:
			m.fail(a)
		case a.phase == starting:
			m.execute(a)
		case a.due().Equal(a.breaks):
			a.home.fault, a.breaks = a.script.VolumeFault, time.Time{}
			m.queue.put(a)
		default:
			a.finish()
			m.queue.put(a)
			a.home.prune(a.ref.Container)
		}
	}
	return changed
}

// execute makes a starting attempt run, and counts that.
func (m *Machine) execute(a *attempt) {
	a.run()
	m.queue.put(a)
	e := m.starts[a.ref]
	if e.times > 0 && e.boot == m.boot {
		m.twice = append(m.twice, a.ref)
	}
	if m.starts == nil {
		m.starts = map[orchestrator.ContainerRef]execution{}
	}
	m.starts[a.ref] = execution{times: e.times + 1, boot: m.boot}
}

// fail ends the start of an attempt whose script says that it fails.
func (m *Machine) fail(a *attempt) {
	if a.home.failed == nil {
		a.home.failed = map[string]int{}
	}
	a.home.failed[a.ref.Container]++
	m.cancel(a)
}

// cancel forgets an attempt that has not run.
func (m *Machine) cancel(a *attempt) {
	m.queue.drop(a)
	if at, known := a.home.find(a.ref); known {
		a.home.attempts = slices.Delete(a.home.attempts, at, at+1)
	}
}

// begins returns when an attempt that is being started will run or fail; zero: it is not.
func (m *Machine) begins(ref orchestrator.ContainerRef) time.Time {
	if a := m.attempt(ref); a != nil && a.phase == starting {
		return a.begins
	}
	return time.Time{}
}

// ends returns when an attempt that runs will end; zero: not, or it does not run.
func (m *Machine) ends(ref orchestrator.ContainerRef) time.Time {
	if a := m.attempt(ref); a != nil && a.phase == running {
		return a.ends
	}
	return time.Time{}
}

func (m *Machine) script(p *pod.Pod, c *pod.Container, try int) *Script {
	if m.Choose != nil {
		if s, chosen := m.Choose(p, c, try); chosen {
			return &s
		}
	}
	return m.Scripts.find(p, c, try)
}

// admit returns p's resident, which gets an address if it is new.
func (m *Machine) admit(p *pod.Pod) (*resident, error) {
	at, known := m.find(p.UID)
	if known {
		return m.pods[at], nil
	}
	ip, err := m.ips.take(m.Network)
	if err != nil {
		return nil, &orchestrator.StartError{Reason: "FailedCreatePodSandBox", Err: err}
	}
	h := &resident{uid: p.UID, namespace: p.Namespace, name: p.Name, ip: ip.String()}
	m.pods = slices.Insert(m.pods, at, h)
	return h, nil
}

func (m *Machine) find(uid string) (int, bool) {
	return slices.BinarySearchFunc(m.pods, uid, func(h *resident, uid string) int { return strings.Compare(h.uid, uid) })
}

// attempt returns the attempt, or nil where there is none.
func (m *Machine) attempt(ref orchestrator.ContainerRef) *attempt {
	if i, known := m.find(ref.UID); known {
		if j, known := m.pods[i].find(ref); known {
			return m.pods[i].attempts[j]
		}
	}
	return nil
}

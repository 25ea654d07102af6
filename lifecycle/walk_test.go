package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// machine is an honest runtime that is slow, forgets what it reported, and dies.
type machine struct {
	t        *testing.T
	random   *rand.Rand
	now      time.Time
	attempts []lifecycle.Sighting // everything that ever ran
	started  map[string]int       // how often each attempt was started
	gone     []lifecycle.Sighting // reported as lost after a stop
}

func (m *machine) chance(percent int) bool { return m.random.IntN(100) < percent }

func (m *machine) find(name string, attempt int) *lifecycle.Sighting {
	for i := range m.attempts {
		if m.attempts[i].Container == name && m.attempts[i].Attempt == attempt {
			return &m.attempts[i]
		}
	}
	return nil
}

// start runs an attempt, and fails the test if another one of the container runs.
func (m *machine) start(s lifecycle.Start) {
	if m.find(s.Container, s.Attempt) != nil {
		return // starting what was ever started changes nothing
	}
	for _, o := range m.attempts {
		require.False(m.t, o.Container == s.Container && o.State.Running != nil, "%v is started while %v runs", s, o)
	}
	m.started[fmt.Sprint(s)]++
	require.Equal(m.t, 1, m.started[fmt.Sprint(s)], "%v was started before", s)
	m.attempts = append(m.attempts, lifecycle.Sighting{
		Container: s.Container, Attempt: s.Attempt, ID: fmt.Sprint(s), PodIP: "10.0.0.1",
		State: pod.ContainerState{Running: &pod.Started{StartedAt: m.now}},
	})
}

func (m *machine) end(s *lifecycle.Sighting, code int) {
	s.State = pod.ContainerState{Terminated: &pod.Terminated{ExitCode: code, StartedAt: s.State.Running.StartedAt, FinishedAt: m.now}}
}

func (m *machine) stop(s lifecycle.Stop) {
	a := m.find(s.Container, s.Attempt)
	if a == nil {
		if s.Lost {
			m.gone = append(m.gone, lifecycle.Sighting{Container: s.Container, Attempt: s.Attempt, State: pod.ContainerState{
				Terminated: &pod.Terminated{ExitCode: 137, Reason: lifecycle.ContainerStatusUnknown, FinishedAt: m.now}}})
		}
		return
	}
	if a.State.Running != nil {
		m.end(a, 143)
	}
}

// TestWalk runs pods on machines through many random histories: work that is
// handed out may be carried out late, or never; containers end, vanish and hang;
// the list is not always there. Never do two attempts of a container run, and
// once nothing goes wrong any more, each pod reaches what its policy says.
func TestWalk(t *testing.T) {
	histories := 150
	if testing.Short() {
		histories = 20
	}
	for seed := range uint64(histories) {
		random := rand.New(rand.NewPCG(seed, 7))
		c := make(choices, 30)
		for i := range c {
			c[i] = byte(random.Uint32())
		}
		p := anyPod(&c)
		if len(p.Spec.Containers) == 0 {
			continue
		}
		p.Spec.ActiveDeadlineSeconds = nil
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &machine{t: t, random: random, now: t0, started: map[string]int{}}
			deleteAt := random.IntN(200)
			for i := range 300 {
				if i == deleteAt && seed%3 == 0 {
					p.DeletionTimestamp = m.now.Add(time.Minute)
				}
				p = m.step(p, i < 250)
			}
			m.settle(p)
		})
	}
}

// step lets something happen, decides, and carries out some of what was decided.
func (m *machine) step(p *pod.Pod, trouble bool) *pod.Pod {
	m.now = m.now.Add(time.Duration(m.random.IntN(20_000)) * time.Millisecond)
	if trouble {
		m.trouble()
	}
	seen := lifecycle.Seen{Listed: true, Containers: append(slices.Clone(m.attempts), m.gone...)}
	if trouble && m.chance(20) {
		seen.Listed = false
		seen.Containers = slices.DeleteFunc(seen.Containers, func(lifecycle.Sighting) bool { return m.chance(50) })
	}
	for _, s := range p.Status.ContainerStatuses {
		seen.Probes = append(seen.Probes,
			lifecycle.Probing{Container: s.Name, Attempt: s.RestartCount, Kind: lifecycle.Startup, Successes: 1},
			lifecycle.Probing{Container: s.Name, Attempt: s.RestartCount, Kind: lifecycle.Readiness, Successes: 2})
	}
	for _, s := range p.Status.ContainerStatuses { // hooks end sooner or later, and sometimes badly
		for _, kind := range []lifecycle.HookKind{lifecycle.PostStart, lifecycle.PreStop} {
			if !trouble || m.chance(50) {
				seen.Hooks = append(seen.Hooks, lifecycle.Hooked{Container: s.Name, Attempt: s.RestartCount, Kind: kind, Failed: trouble && m.chance(10)})
			}
		}
	}
	d := decideAndCheck(m.t, p, seen, lifecycle.Rules{TerminatedTTL: -1, BackOffMax: time.Minute}, m.now)
	if trouble && m.chance(10) {
		return p // a crash before the decision was written down: nothing of it is carried out
	}
	for _, s := range d.Stop {
		if !trouble || m.chance(50) {
			m.stop(s)
		}
	}
	for _, s := range d.Start {
		if !trouble || seen.Listed && m.chance(50) {
			m.start(s)
		}
	}
	next := *p
	next.Status = d.Status
	return &next
}

func (m *machine) trouble() {
	for i := range m.attempts {
		a := &m.attempts[i]
		if a.State.Running != nil && m.chance(10) {
			m.end(a, m.random.IntN(3))
		}
	}
	if m.chance(3) { // a container vanishes
		for i := range m.attempts {
			if m.attempts[i].State.Running != nil {
				m.started[m.attempts[i].ID] = 0
				m.attempts = slices.Delete(m.attempts, i, i+1)
				break
			}
		}
	}
}

// settle checks where a pod is after a while without trouble.
func (m *machine) settle(p *pod.Pod) {
	running := 0
	for _, a := range m.attempts {
		if a.State.Running != nil {
			running++
		}
	}
	switch {
	case p.Deleting() || p.Status.Phase.Terminal():
		require.Zero(m.t, running)
	case len(p.Spec.InitContainers) > 0 && !p.Status.Is(pod.Initialized):
		require.Equal(m.t, 1, running, "the init container runs for ever")
	default:
		require.Equal(m.t, pod.Running, p.Status.Phase)
		for _, s := range p.Status.ContainerStatuses {
			if s.State.Terminated == nil {
				require.NotNil(m.t, s.State.Running, s.Name)
				require.True(m.t, s.Ready, s.Name)
				running--
			}
		}
		require.Zero(m.t, running)
	}
}

package lifecycle_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// choices makes decisions out of bytes; when they are used up, it chooses 0.
type choices []byte

func (c *choices) upTo(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return int(b) % n
}

func (c *choices) yes() bool { return c.upTo(2) == 1 }

func one[T any](c *choices, values ...T) T { return values[c.upTo(len(values))] }

// FuzzDecide lets a pod go through anything, likely or not, and checks at each
// step what is promised for all cases.
func FuzzDecide(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		seed := make([]byte, 200)
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		liveThroughAnything(t, &c)
	})
}

// TestDecideAnything is FuzzDecide for a while, on every run.
func TestDecideAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, 400)
	for range 2000 {
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		c := choices(data)
		liveThroughAnything(t, &c)
	}
}

func liveThroughAnything(t *testing.T, c *choices) {
	p := anyPod(c)
	rules := lifecycle.Rules{
		TerminatedTTL: one(c, 0, -1, time.Minute, 1), BackOffBase: one(c, 0, time.Second, -1, time.Hour),
		BackOffMax: one(c, 0, time.Minute, 1), BackOffReset: one(c, 0, time.Minute),
	}
	now := t0
	for len(*c) > 0 {
		now = now.Add(one(c, 0, 1, time.Second, 10*time.Second, time.Minute, 10*time.Minute, 25*time.Hour, -time.Hour))
		seen := anySeen(c, p, now)
		d := decideAndCheck(t, p, seen, rules, now)
		next := p.Copy()
		next.Status = d.Status.Copy()
		p = next
		somebodyInterferes(c, p, now)
	}
}

func anyPod(c *choices) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: "p", CreationTimestamp: t0}}
	p.Spec.NodeName = "n"
	p.Spec.RestartPolicy = one(c, pod.RestartAlways, pod.RestartOnFailure, pod.RestartNever, "")
	for _, name := range []string{"a", "b", "c"}[:c.upTo(4)] {
		m := pod.Container{Name: name, Image: "img"}
		if c.yes() {
			m.LivenessProbe = &pod.Probe{}
		}
		if c.yes() {
			m.ReadinessProbe = &pod.Probe{SuccessThreshold: c.upTo(3)}
		}
		if c.yes() {
			m.StartupProbe = &pod.Probe{FailureThreshold: 5, InitialDelaySeconds: 1}
		}
		if c.yes() {
			m.Lifecycle = &pod.Lifecycle{PostStart: one(c, nil, anExec, aSleep), PreStop: one(c, nil, anExec, aSleep)}
		}
		p.Spec.Containers = append(p.Spec.Containers, m)
	}
	for _, name := range []string{"i", "j"}[:c.upTo(3)] {
		p.Spec.InitContainers = append(p.Spec.InitContainers, pod.Container{Name: name, Image: "img"})
	}
	if c.yes() {
		p.Spec.ActiveDeadlineSeconds = one(c, new(int64(60)), new(int64(0)), new(int64(1<<62)), new(int64(-5)))
	}
	if c.yes() {
		p.Spec.TerminationGracePeriodSeconds = one(c, new(int64(0)), new(int64(1<<62)), new(int64(-5)))
	}
	if c.yes() {
		p.Annotations = map[string]string{pod.BackOffBaseAnnotation: one(c, "1s", "x", "-1s")}
	}
	return p
}

// What hooks do.
var (
	anExec = &pod.Handler{Exec: &pod.ExecAction{Command: []string{"true"}}}
	aSleep = &pod.Handler{Sleep: &pod.Sleep{Seconds: 20}}
)

// anySeen makes up what is seen: attempts around the recorded one, in every state.
func anySeen(c *choices, p *pod.Pod, now time.Time) lifecycle.Seen {
	seen := lifecycle.Seen{Listed: c.yes()}
	for range c.upTo(5) {
		s := lifecycle.Sighting{Container: one(c, "a", "b", "i", "j", "c", "stranger"), ID: one(c, "", "x", "y"), PodIP: one(c, "", "10.0.0.1", "10.0.0.2")}
		if st := p.Status.Container(s.Container); st != nil {
			s.Attempt = st.RestartCount
		}
		s.Attempt += one(c, 0, 0, 0, -1, 1, 7)
		at := now.Add(one(c, 0, -time.Second, -time.Hour, time.Hour))
		switch c.upTo(6) {
		case 0, 1:
			s.State.Running = &pod.Started{StartedAt: at}
		case 2, 3:
			s.State.Terminated = &pod.Terminated{ExitCode: one(c, 0, 1), Reason: one(c, "", lifecycle.OOMKilled, lifecycle.ContainerStatusUnknown), StartedAt: at.Add(-one(c, 0, time.Second, time.Hour)), FinishedAt: at}
		case 4:
			s.StartFailed = &lifecycle.StartFailure{Reason: one(c, "", "ErrImagePull", lifecycle.ContainerCreating, lifecycle.CrashLoopBackOff), At: at, Unfinished: c.upTo(4) == 3}
		}
		seen.Containers = append(seen.Containers, s)
	}
	for _, name := range []string{"a", "b"} {
		for _, kind := range []lifecycle.ProbeKind{lifecycle.Startup, lifecycle.Liveness, lifecycle.Readiness} {
			if st := p.Status.Container(name); st != nil && c.yes() {
				seen.Probes = append(seen.Probes, lifecycle.Probing{Container: name, Attempt: st.RestartCount, Kind: kind, Successes: c.upTo(3), Failures: c.upTo(4)})
			}
		}
	}
	for _, name := range []string{"a", "b"} {
		if st := p.Status.Container(name); st != nil && c.yes() {
			seen.Hooks = append(seen.Hooks, lifecycle.Hooked{
				Container: name, Attempt: st.RestartCount + one(c, 0, 0, 1), Kind: one(c, lifecycle.PostStart, lifecycle.PreStop), Failed: c.yes(), Message: one(c, "", "m"),
			})
		}
	}
	if c.upTo(16) == 1 {
		seen.NodeLost = "lost"
	}
	if c.upTo(16) == 1 {
		seen.VolumeFault = "broken"
	}
	return seen
}

// somebodyInterferes does what clients do, and what they should not.
func somebodyInterferes(c *choices, p *pod.Pod, now time.Time) {
	switch c.upTo(32) {
	case 1:
		p.DeletionTimestamp = now.Add(one(c, 0, time.Minute, 1000*time.Hour))
	case 2:
		p.DeletionGracePeriodSeconds = one(c, nil, new(int64(5)), new(int64(-5)))
	case 3:
		if len(p.Spec.Containers) > 0 {
			p.Spec.Containers[0].Image += "+"
		}
	case 4:
		p.Status.ContainerStatuses = nil
	case 5:
		p.Status.Conditions = nil
	case 6:
		p.Status.StartTime = one(c, time.Time{}, now.Add(time.Hour))
	case 7:
		for i := range p.Status.ContainerStatuses {
			s := &p.Status.ContainerStatuses[i]
			s.State = one(c, pod.ContainerState{}, pod.ContainerState{Waiting: &pod.Waiting{Reason: lifecycle.CrashLoopBackOff}},
				pod.ContainerState{Waiting: &pod.Waiting{Reason: "Strange"}}, pod.ContainerState{Running: &pod.Started{}},
				pod.ContainerState{Terminated: &pod.Terminated{}})
			s.RetryAt = one(c, time.Time{}, now.Add(time.Hour), now.Add(10000*time.Hour))
			s.StoppingSince, s.PreStopped, s.PostStarted = one(c, time.Time{}, now.Add(time.Hour), now.Add(-time.Minute)), c.yes(), c.yes()
		}
	case 8:
		p.Status.Reason = one(c, "", lifecycle.DeadlineExceeded, lifecycle.VolumeFailed)
	}
}

package lifecycle_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// TestTranscripts plays the transcripts of testdata: what one pod goes through,
// and what is decided at each step. See world for the commands.
func TestTranscripts(t *testing.T) {
	transcript.Files(t, "testdata/*.txt", func(*testing.T) transcript.Handler {
		return newWorld().handle
	})
}

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is one pod, and a runtime that does nothing by itself. Its commands:
//
//	pod …                           a new pod: see newPod
//	rules ttl=1h base=10s max=5m    the cluster's figures
//	seen NAME runs|exits N|…        the current attempt, or attempt=N: see sight
//	forget NAME                     the runtime knows nothing of the container any more
//	unlisted, listed                whether the runtime's list is complete
//	probe NAME KIND ok|fails N      the results in a row so far
//	hook NAME KIND ok|fails         a hook has ended
//	delete grace=30s                somebody asks for the deletion of the pod
//	image NAME IMAGE                somebody changes an image
//	node lost WHY, volume broke WHY
//	after D                         time passes, without a decision before its end,
//	                                or, with the word unseen, at its end
//	clock -1h                       the clock is set
//	until wake                      time passes until it is time to decide again
//	containers                      shows what is recorded of each container
//	conditions                      shows the conditions
//
// All commands but those that only show something show what is decided, see show.
type world struct {
	pod   *pod.Pod
	seen  lifecycle.Seen
	rules lifecycle.Rules
	now   time.Time
	wake  time.Time
}

func newWorld() *world {
	return &world{now: t0, seen: lifecycle.Seen{Listed: true}}
}

func (w *world) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "pod":
		w.pod, w.seen = newPod(c), lifecycle.Seen{Listed: !c.Has("unlisted")}
		if c.Has("deleted") {
			w.pod.DeletionTimestamp = w.now.Add(30 * time.Second)
		}
	case "rules":
		w.rules = lifecycle.Rules{
			TerminatedTTL: c.Duration("ttl", 0), BackOffBase: c.Duration("base", 0),
			BackOffMax: c.Duration("max", 0), BackOffReset: c.Duration("reset", 0),
		}
		return ""
	case "seen":
		w.sight(c)
	case "forget":
		w.seen.Containers = slices.DeleteFunc(w.seen.Containers, func(s lifecycle.Sighting) bool { return s.Container == c.Word(0) })
	case "unlisted", "listed":
		w.seen.Listed = c.Name == "listed"
	case "probe":
		w.probe(c)
	case "hook":
		w.hook(c)
	case "delete":
		grace := c.Duration("grace", 30*time.Second)
		w.pod.DeletionTimestamp = w.now.Add(grace)
		w.pod.DeletionGracePeriodSeconds = new(int64(grace / time.Second))
	case "image":
		w.pod.Container(c.Word(0)).Image = c.Word(1)
	case "node":
		w.seen.NodeLost = strings.Join(c.Words()[1:], " ")
	case "volume":
		w.seen.VolumeFault = strings.Join(c.Words()[1:], " ")
	case "after", "clock":
		d, err := time.ParseDuration(c.Word(0))
		if err != nil {
			c.Fatalf("%v", err)
		}
		w.now = w.now.Add(d)
		if c.Has("unseen") {
			return ""
		}
	case "until":
		require.Equal(t, "wake", c.Word(0), c.Pos)
		require.False(t, w.wake.IsZero(), "%s: nothing to wait for", c.Pos)
		w.now = w.wake
	case "containers":
		return w.containers()
	case "conditions":
		return w.conditions()
	default:
		c.Unknown()
	}
	return w.decide(t, c)
}

// newPod makes a pod. Its containers are called main, or a, b, … if there are
// several; its init containers init, or i1, i2, ….
//
//	restartPolicy=Always containers=1 inits=0 grace=30 deadline=SECONDS
//	startup, liveness, readiness    the first container has these probes,
//	delay=SECONDS probegrace=SECONDS    with these figures
//	poststart, prestop              the first container has these hooks, which run a command,
//	poststart=SECONDS, prestop=SECONDS  or sleep
//	deleted                         its deletion was asked for
//	unlisted                        nobody has asked the runtime yet
//	base=, cap=, reset=             annotations of the pod that tune restarts
func newPod(c *transcript.Command) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: "web", UID: "uid-1"}}
	p.Spec.NodeName = "n1"
	p.Spec.RestartPolicy = pod.RestartPolicy(c.Text("restartPolicy", "Always"))
	p.Spec.TerminationGracePeriodSeconds = new(int64(c.Int("grace", 30)))
	if d := c.Int("deadline", 0); d > 0 {
		p.Spec.ActiveDeadlineSeconds = new(int64(d))
	}
	names := []string{"main"}
	if n := c.Int("containers", 1); n > 1 {
		names = []string{"a", "b", "c", "d"}[:n]
	}
	for _, name := range names {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: name, Image: "img"})
	}
	names = []string{"init"}
	n := c.Int("inits", 0)
	if n > 1 {
		names = []string{"i1", "i2", "i3"}
	}
	for _, name := range names[:n] {
		p.Spec.InitContainers = append(p.Spec.InitContainers, pod.Container{Name: name, Image: "img"})
	}
	first := &p.Spec.Containers[0]
	for word, probe := range map[string]**pod.Probe{"startup": &first.StartupProbe, "liveness": &first.LivenessProbe, "readiness": &first.ReadinessProbe} {
		if c.Has(word) {
			*probe = &pod.Probe{TCPSocket: &pod.TCPSocket{Port: pod.FromInt(80)}, InitialDelaySeconds: int64(c.Int("delay", 0))}
			if grace := c.Int("probegrace", -1); grace >= 0 {
				(*probe).TerminationGracePeriodSeconds = new(int64(grace))
			}
		}
	}
	var hooks pod.Lifecycle
	for word, hook := range map[string]**pod.Handler{"poststart": &hooks.PostStart, "prestop": &hooks.PreStop} {
		if n := c.Int(word, 0); n > 0 {
			*hook = &pod.Handler{Sleep: &pod.Sleep{Seconds: int64(n)}}
		} else if c.Has(word) {
			*hook = &pod.Handler{Exec: &pod.ExecAction{Command: []string{word}}}
		}
	}
	if hooks != (pod.Lifecycle{}) {
		first.Lifecycle = &hooks
	}
	for key, annotation := range map[string]string{"base": pod.BackOffBaseAnnotation, "cap": pod.BackOffCapAnnotation, "reset": pod.BackOffResetAnnotation} {
		if v := c.Text(key, ""); v != "" {
			if p.Annotations == nil {
				p.Annotations = map[string]string{}
			}
			p.Annotations[annotation] = v
		}
	}
	p.Default()
	return p
}

// sight changes what the runtime knows of a container's recorded attempt, or
// of attempt=N:
//
//	seen main runs ip=10.0.0.1 id=x
//	seen main exits 1 message=…
//	seen main killed 9
//	seen main oom
//	seen main unknown
//	seen main fails ErrImagePull message=…    (the start failed)
//	seen main unfinished message=…            (the start goes on)
//
// With skew=1h the clock of the machine is an hour ahead.
func (w *world) sight(c *transcript.Command) {
	name := c.Word(0)
	s := lifecycle.Sighting{Container: name, PodIP: c.Text("ip", ""), ID: c.Text("id", "")}
	if st := w.pod.Status.Container(name); st != nil {
		s.Attempt = st.RestartCount
	}
	s.Attempt = c.Int("attempt", s.Attempt)
	now := w.now.Add(c.Duration("skew", 0))
	ended := &pod.Terminated{Message: c.Text("message", ""), FinishedAt: now}
	number := func() (n int) {
		if _, err := fmt.Sscan(c.Word(2), &n); err != nil {
			c.Fatalf("%v", err)
		}
		return n
	}
	switch c.Word(1) {
	case "runs":
		s.State.Running = &pod.Started{StartedAt: now}
	case "exits":
		ended.ExitCode = number()
		s.State.Terminated = ended
	case "killed":
		ended.Signal = number()
		ended.ExitCode = 128 + ended.Signal
		s.State.Terminated = ended
	case "oom":
		ended.ExitCode, ended.Signal, ended.Reason = 137, 9, lifecycle.OOMKilled
		s.State.Terminated = ended
	case "unexecutable":
		ended.ExitCode, ended.Reason = 127, lifecycle.StartError
		s.State.Terminated = ended
	case "unknown":
		ended.ExitCode, ended.Reason = 137, lifecycle.ContainerStatusUnknown
		s.State.Terminated = ended
	case "fails":
		s.StartFailed = &lifecycle.StartFailure{Reason: c.Word(2), Message: ended.Message, At: now}
	case "unfinished":
		s.StartFailed = &lifecycle.StartFailure{Message: ended.Message, At: now, Unfinished: true}
	default:
		c.Fatalf("what is seen?")
	}
	w.seen.Containers = slices.DeleteFunc(w.seen.Containers, func(o lifecycle.Sighting) bool {
		return o.Container == s.Container && o.Attempt == s.Attempt && s.StartFailed == nil
	})
	w.seen.Containers = append(w.seen.Containers, s)
}

func (w *world) probe(c *transcript.Command) {
	kind := lifecycle.ProbeKind(strings.ToUpper(c.Word(1)[:1]) + c.Word(1)[1:])
	p := lifecycle.Probing{Container: c.Word(0), Attempt: w.pod.Status.Container(c.Word(0)).RestartCount, Kind: kind}
	var n int
	if _, err := fmt.Sscan(cmp.Or(c.Word(3), "1"), &n); err != nil {
		c.Fatalf("%v", err)
	}
	if c.Word(2) == "ok" {
		p.Successes = n
	} else {
		p.Failures, p.Message = n, c.Text("message", "connection refused")
	}
	w.seen.Probes = slices.DeleteFunc(w.seen.Probes, func(o lifecycle.Probing) bool {
		return o.Container == p.Container && o.Kind == p.Kind
	})
	w.seen.Probes = append(w.seen.Probes, p)
}

func (w *world) hook(c *transcript.Command) {
	h := lifecycle.Hooked{Container: c.Word(0), Attempt: w.pod.Status.Container(c.Word(0)).RestartCount, Kind: lifecycle.PostStart}
	if c.Word(1) == "prestop" {
		h.Kind = lifecycle.PreStop
	}
	if h.Failed = c.Word(2) == "fails"; h.Failed {
		h.Message = c.Text("message", "exit status 1")
	}
	w.seen.Hooks = append(w.seen.Hooks, h)
}

// decide decides, keeps the result, and shows it. It checks what must always hold.
func (w *world) decide(t testing.TB, c *transcript.Command) string {
	d := decideAndCheck(t, w.pod, w.seen, w.rules, w.now)
	next := *w.pod
	next.Status = d.Status
	w.pod, w.wake = &next, d.Wake
	w.seen.Containers = slices.DeleteFunc(w.seen.Containers, func(s lifecycle.Sighting) bool { return s.StartFailed != nil })
	return w.show(d)
}

// show lists the phase; what to start, stop and probe; the events; and when to
// decide again, counted from now.
func (w *world) show(d lifecycle.Decision) string {
	var b strings.Builder
	b.WriteString(string(d.Status.Phase))
	if d.Status.Reason != "" {
		fmt.Fprintf(&b, " (%s: %s)", d.Status.Reason, d.Status.Message)
	}
	for _, word := range []struct {
		say  bool
		word string
	}{{d.Status.Is(pod.Ready), "ready"}, {d.Expired, "expired"}, {d.Gone, "gone"}} {
		if word.say {
			b.WriteString(" " + word.word)
		}
	}
	b.WriteByte('\n')
	for _, s := range d.Start {
		fmt.Fprintf(&b, "start %s/%d\n", s.Container, s.Attempt)
	}
	for _, s := range d.Stop {
		fmt.Fprintf(&b, "stop %s/%d grace=%s %s", s.Container, s.Attempt, s.Grace, s.Reason)
		if s.Lost {
			b.WriteString(" lost")
		}
		fmt.Fprintf(&b, ": %s\n", s.Message)
	}
	for _, s := range d.Probe {
		fmt.Fprintf(&b, "probe %s/%d %s", s.Container, s.Attempt, s.Kind)
		if wait := s.NotBefore.Sub(w.now); wait > 0 {
			fmt.Fprintf(&b, " in %s", wait)
		}
		b.WriteByte('\n')
	}
	for _, h := range d.Hook {
		fmt.Fprintf(&b, "hook %s/%d %s %s", h.Container, h.Attempt, h.Kind, h.Handler.Exec.Command)
		if h.Timeout > 0 {
			fmt.Fprintf(&b, " within %s", h.Timeout)
		}
		b.WriteByte('\n')
	}
	for _, e := range d.Events {
		fmt.Fprintf(&b, "event %s %s: %s\n", e.Type, e.Reason, e.Message)
	}
	if !d.Wake.IsZero() {
		fmt.Fprintf(&b, "wake in %s\n", d.Wake.Sub(w.now))
	}
	return b.String()
}

func (w *world) containers() string {
	var b strings.Builder
	s := &w.pod.Status
	for _, s := range append(slices.Clone(s.InitContainerStatuses), s.ContainerStatuses...) {
		fmt.Fprintf(&b, "%s restarts=%d %s", s.Name, s.RestartCount, state(s.State))
		if s.LastState.Terminated != nil {
			fmt.Fprintf(&b, " last: %s", state(s.LastState))
		}
		if s.Ready {
			b.WriteString(" ready")
		}
		if s.Unhealthy != "" {
			fmt.Fprintf(&b, " unhealthy: %s", s.Unhealthy)
		}
		b.WriteByte('\n')
	}
	if s.PodIP != "" {
		fmt.Fprintf(&b, "ip %s\n", s.PodIP)
	}
	return b.String()
}

func state(s pod.ContainerState) string {
	switch {
	case s.Running != nil:
		return "Running"
	case s.Terminated != nil:
		return fmt.Sprintf("Terminated %d %s", s.Terminated.ExitCode, s.Terminated.Reason)
	case s.Waiting != nil && s.Waiting.Message != "":
		return fmt.Sprintf("Waiting %s (%s)", s.Waiting.Reason, s.Waiting.Message)
	case s.Waiting != nil:
		return "Waiting " + s.Waiting.Reason
	}
	return "-"
}

func (w *world) conditions() string {
	var b strings.Builder
	for _, c := range w.pod.Status.Conditions {
		fmt.Fprintf(&b, "%s %s %s %s since %s\n", c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime.Sub(t0))
	}
	return b.String()
}

package orchtest

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// able returns the runtime as what can do more than a runtime must; false, and a
// note in the log, where it can't.
func able[T any](b *bench) (T, bool) {
	r, can := b.r.(T)
	if !can {
		b.Logf("the runtime is no %T", (*T)(nil))
	}
	return r, can
}

// logs returns a log whole, both streams in one.
func (b *bench) logs(l orchestrator.Logger, ref orchestrator.ContainerRef, o orchestrator.LogOptions) string {
	b.Helper()
	var out bytes.Buffer
	o.Stdout, o.Stderr = &out, &out
	err := b.within("Logs", func() error { return b.limited(func(ctx context.Context) error { return l.Logs(ctx, ref, o) }) })
	require.NoError(b, err, "Logs")
	return out.String()
}

// said starts a container that says the lines, and waits until it has ended.
func (b *bench) said(lines ...string) *pod.Pod {
	b.Helper()
	p := b.pod("talker", b.h.Says("app", 0, lines...))
	b.start(p)
	b.waitEnded(p, ref(p, 0))
	return p
}

func logsSayWhatWasSaid(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.said("one", "", "three  with  spaces")
	require.Equal(b, "one\n\nthree  with  spaces\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{}))
	require.Equal(b, "one\n\nthree  with  spaces\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{Follow: true}), "followed after its end")
	unknown := ref(b.pod("unknown", b.h.Forever("app")), 0)
	err := b.within("Logs", func() error { return l.Logs(b.Context(), unknown, orchestrator.LogOptions{}) })
	require.ErrorIs(b, err, orchestrator.ErrNoAttempt)
}

func logsOfEachStream(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.said("to stdout", "!to stderr", "again")
	var out, errs bytes.Buffer
	require.NoError(b, l.Logs(b.Context(), ref(p, 0), orchestrator.LogOptions{Stdout: &out}))
	require.NoError(b, l.Logs(b.Context(), ref(p, 0), orchestrator.LogOptions{Stderr: &errs}))
	require.Equal(b, "to stdout\nagain\n", out.String())
	require.Equal(b, "to stderr\n", errs.String())
	require.NoError(b, l.Logs(b.Context(), ref(p, 0), orchestrator.LogOptions{}), "nobody listens")
}

func logsTail(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.said("one", "two", "three")
	for n, want := range map[int]string{0: "", 1: "three\n", 2: "two\nthree\n", 3: "one\ntwo\nthree\n", 99: "one\ntwo\nthree\n"} {
		require.Equalf(b, want, b.logs(l, ref(p, 0), orchestrator.LogOptions{Tail: &n}), "the last %d lines", n)
	}
}

func logsLimit(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.said("one", "two", "three")
	require.Equal(b, "one\ntw", b.logs(l, ref(p, 0), orchestrator.LogOptions{LimitBytes: 6}))
	require.Equal(b, "thr", b.logs(l, ref(p, 0), orchestrator.LogOptions{LimitBytes: 3, Tail: new(1), Follow: true}))
	require.Equal(b, "one\ntwo\nthree\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{LimitBytes: 1000}))
}

func logsTimes(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	before := time.Now()
	p := b.said("one", "two")
	lines := strings.Split(strings.TrimSuffix(b.logs(l, ref(p, 0), orchestrator.LogOptions{Timestamps: true}), "\n"), "\n")
	require.Len(b, lines, 2)
	for i, text := range []string{"one", "two"} {
		when, said, _ := strings.Cut(lines[i], " ")
		require.Equal(b, text, said)
		at, err := time.Parse(time.RFC3339Nano, when)
		require.NoError(b, err, "a line begins with its time")
		require.WithinRange(b, at, before.Add(-slack), time.Now().Add(slack))
	}
	require.Equal(b, "one\ntwo\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{Since: before.Add(-slack)}))
	require.Empty(b, b.logs(l, ref(p, 0), orchestrator.LogOptions{Since: time.Now().Add(time.Hour)}))
}

func logsOfAttempts(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.said("the first")
	next := restarted(p, 0, 1)
	require.NoError(b, b.tryStart(next, b.h.Says("app", 0, "the second")), "Start")
	b.waitEnded(p, ref(next, 0))
	require.Equal(b, "the second\n", b.logs(l, ref(next, 0), orchestrator.LogOptions{}))
	require.Equal(b, "the first\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{}), "the log of the attempt before stays")
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	err := b.within("Logs", func() error { return l.Logs(b.Context(), ref(next, 0), orchestrator.LogOptions{}) })
	require.ErrorIs(b, err, orchestrator.ErrNoAttempt, "logs go with their pod")
}

// listener is a writer that one goroutine reads while another one writes.
type listener struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *listener) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(text)
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// listening calls a method that goes on until something ends it. The channel
// has what it returns.
func listening(do func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	return ended
}

// outcome returns what a method that goes on returned; the test fails when that takes long.
func (b *bench) outcome(what string, ended <-chan error) error {
	b.Helper()
	return b.within(what, func() error { return <-ended })
}

func logsFollow(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.pod("talker", b.h.Says("app", -1, "one", "two"))
	b.start(p)
	var heard listener
	ended := listening(func() error {
		return l.Logs(b.Context(), ref(p, 0), orchestrator.LogOptions{Follow: true, Stdout: &heard, Stderr: &heard})
	})
	b.eventually("what was said is heard", func() bool { return heard.String() == "one\ntwo\n" })
	b.meanwhile()
	select {
	case err := <-ended:
		require.Failf(b, "Logs with Follow has returned", "while the container runs: %v", err)
	default:
	}
	b.stop(p, 0, b.h.Soon)
	require.NoError(b, b.outcome("Logs after the end of the container", ended))
}

func logsFollowEndsWithContext(b *bench) {
	l, can := able[orchestrator.Logger](b)
	if !can {
		return
	}
	p := b.pod("talker", b.h.Says("app", -1, "one"))
	b.start(p)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var heard listener
	ended := listening(func() error {
		return l.Logs(ctx, ref(p, 0), orchestrator.LogOptions{Follow: true, Stdout: &heard})
	})
	b.eventually("what was said is heard", func() bool { return heard.String() != "" })
	cancel()
	require.ErrorIs(b, b.outcome("Logs after its context ended", ended), context.Canceled)
	b.running(p, ref(p, 0))
}

func logsRecover(b *bench) {
	if _, can := able[orchestrator.Logger](b); !can {
		return
	}
	p := b.said("one", "two")
	b.r = b.h.Reopen(b.T, b.r)
	l := b.r.(orchestrator.Logger)
	require.Equal(b, "one\ntwo\n", b.logs(l, ref(p, 0), orchestrator.LogOptions{}))
}

func lastWords(b *bench) {
	long := strings.Repeat("0123456789", 1000)
	p := b.pod("jobs",
		b.h.LastWords("well", "all is well", 0), b.h.LastWords("not-well", "no such table: €", 3), b.h.LastWords("long", long, 3))
	b.start(p)
	message := func(i, code int) string {
		b.Helper()
		end := b.waitEnded(p, ref(p, i)).State.Terminated
		require.Equal(b, code, end.ExitCode)
		return strings.TrimSuffix(end.Message, "\n")
	}
	require.Equal(b, "all is well", message(0, 0), "Message")
	require.Equal(b, "no such table: €", message(1, 3), "Message")
	end := message(2, 3)
	require.LessOrEqual(b, len(end), pod.MaxMessageBytes, "Message of a container that says a lot")
	require.Greater(b, len(end), pod.MaxMessageBytes/2)
	require.True(b, strings.HasSuffix(long, end), "it is the end that is kept")
}

func lastWordsOfLogs(b *bench) {
	says := func(name string, code int, policy pod.MessagePolicy) pod.Container {
		c := b.h.Says(name, code, "one", "two")
		c.TerminationMessagePolicy = policy
		return c
	}
	p := b.pod("jobs",
		says("well", 0, pod.MessageFromFile), says("well-said", 0, pod.MessageFromLogs),
		says("failed", 3, pod.MessageFromFile), says("failed-said", 3, pod.MessageFromLogs))
	b.start(p)
	for i, want := range []string{"", "", "", "one\ntwo\n"} {
		require.Equalf(b, want, b.waitEnded(p, ref(p, i)).State.Terminated.Message, "Message of container %q", p.Spec.Containers[i].Name)
	}
}

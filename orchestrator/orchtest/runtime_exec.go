package orchtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// exec runs a command in the pod's first container.
func (b *bench) exec(ctx context.Context, e orchestrator.Executor, p *pod.Pod, s orchestrator.Streams, words ...string) (code int, err error) {
	err = b.within("Exec", func() error {
		code, err = e.Exec(ctx, ref(p, 0), orchestrator.ExecOptions{Command: b.h.Command(words...), Streams: s})
		return err
	})
	return code, err
}

// forever starts a pod that runs until it is stopped.
func (b *bench) forever() *pod.Pod {
	b.Helper()
	p := b.pod("web", b.h.Forever("app"))
	b.start(p)
	return p
}

func probeTellsSuccess(b *bench) {
	prober, can := able[orchestrator.Prober](b)
	if !can {
		return
	}
	p := b.forever()
	probe := func(words ...string) error {
		return b.within("Probe", func() error { return prober.Probe(b.Context(), ref(p, 0), b.h.Command(words...)) })
	}
	require.NoError(b, probe("exit", "0"))
	require.NoError(b, probe("say", "something"))
	require.Error(b, probe("exit", "1"))
	require.NoError(b, probe("exit", "0"), "a probe that failed breaks nothing")
	b.stop(p, 0, b.h.Soon)
	require.Error(b, probe("exit", "0"), "of a container that has ended")
}

func probeEndsWithContext(b *bench) {
	prober, can := able[orchestrator.Prober](b)
	if !can {
		return
	}
	p := b.forever()
	brief, cancel := context.WithTimeout(b.Context(), 100*time.Millisecond)
	defer cancel()
	err := b.within("Probe after its context ended", func() error { return prober.Probe(brief, ref(p, 0), b.h.Command("hang")) })
	require.ErrorIs(b, err, context.DeadlineExceeded)
	b.running(p, ref(p, 0))
}

func execCodes(b *bench) {
	e, can := able[orchestrator.Executor](b)
	if !can {
		return
	}
	p := b.forever()
	for _, code := range []int{0, 1, 3, 255} {
		got, err := b.exec(b.Context(), e, p, orchestrator.Streams{}, "exit", fmt.Sprint(code))
		require.NoError(b, err, "Exec of a command that exits with %d", code)
		require.Equal(b, code, got)
	}
}

func execStreams(b *bench) {
	e, can := able[orchestrator.Executor](b)
	if !can {
		return
	}
	p := b.forever()
	var out, errs bytes.Buffer
	_, err := b.exec(b.Context(), e, p, orchestrator.Streams{Stdout: &out, Stderr: &errs}, "say", "hello")
	require.NoError(b, err)
	_, err = b.exec(b.Context(), e, p, orchestrator.Streams{Stdout: &out, Stderr: &errs}, "complain", "alas")
	require.NoError(b, err)
	require.Equal(b, "hello", strings.TrimSpace(out.String()), "standard output")
	require.Equal(b, "alas", strings.TrimSpace(errs.String()), "standard error")

	long := strings.Repeat("0123456789abcdef", 20_000)
	out.Reset()
	code, err := b.exec(b.Context(), e, p, orchestrator.Streams{Stdin: strings.NewReader(long), Stdout: &out}, "echo")
	require.NoError(b, err)
	require.Zero(b, code)
	require.Equal(b, len(long), out.Len(), "what was read and written")
	require.True(b, long == out.String(), "what was read was written")
	out.Reset()
	_, err = b.exec(b.Context(), e, p, orchestrator.Streams{Stdout: &out}, "echo")
	require.NoError(b, err, "a command without an input has an empty one")
	require.Empty(b, out.String())
}

func execConcurrent(b *bench) {
	e, can := able[orchestrator.Executor](b)
	if !can {
		return
	}
	p := b.forever()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			word := fmt.Sprint("word-", i)
			var out bytes.Buffer
			_, err := e.Exec(b.Context(), ref(p, 0), orchestrator.ExecOptions{
				Command: b.h.Command("echo"), Streams: orchestrator.Streams{Stdin: strings.NewReader(word), Stdout: &out},
			})
			if err != nil || out.String() != word {
				b.Errorf("command %d at the same time as others: it said %q: %v", i, out.String(), err)
			}
		})
	}
	all.Wait()
}

func execEndsWithContext(b *bench) {
	e, can := able[orchestrator.Executor](b)
	if !can {
		return
	}
	p := b.forever()
	brief, cancel := context.WithTimeout(b.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := b.exec(brief, e, p, orchestrator.Streams{}, "hang")
	require.ErrorIs(b, err, context.DeadlineExceeded)
	b.running(p, ref(p, 0))
	code, err := b.exec(b.Context(), e, p, orchestrator.Streams{}, "exit", "2")
	require.NoError(b, err, "the next command")
	require.Equal(b, 2, code)
}

func execNeedsContainer(b *bench) {
	e, can := able[orchestrator.Executor](b)
	if !can {
		return
	}
	p := b.forever()
	b.stop(p, 0, b.h.Soon)
	_, err := b.exec(b.Context(), e, p, orchestrator.Streams{}, "exit", "0")
	require.ErrorIs(b, err, orchestrator.ErrNotRunning, "after the container's end")
	_, err = b.exec(b.Context(), e, b.pod("unknown", b.h.Forever("app")), orchestrator.Streams{}, "exit", "0")
	require.ErrorIs(b, err, orchestrator.ErrNotRunning, "in a container that never was")
}

func attachEndsWithContainer(b *bench) {
	a, can := able[orchestrator.Attacher](b)
	if !can {
		return
	}
	var p *pod.Pod
	b.eventually("Attach begins before Stop, which nobody can see to", func() bool {
		p = b.forever()
		ended := listening(func() error { return a.Attach(b.Context(), ref(p, 0), orchestrator.AttachOptions{}) })
		b.stop(p, 0, b.h.Soon)
		err := b.outcome("Attach after the container's end", ended)
		if errors.Is(err, orchestrator.ErrNotRunning) {
			return false
		}
		require.NoError(b, err, "Attach")
		return true
	})
	err := b.within("Attach", func() error { return a.Attach(b.Context(), ref(p, 0), orchestrator.AttachOptions{}) })
	require.ErrorIs(b, err, orchestrator.ErrNotRunning, "after the container's end")
}

func attachEndsWithContext(b *bench) {
	a, can := able[orchestrator.Attacher](b)
	if !can {
		return
	}
	p := b.forever()
	brief, cancel := context.WithTimeout(b.Context(), 100*time.Millisecond)
	defer cancel()
	err := b.within("Attach after its context ended", func() error { return a.Attach(brief, ref(p, 0), orchestrator.AttachOptions{}) })
	require.ErrorIs(b, err, context.DeadlineExceeded)
	b.running(p, ref(p, 0))
}

func attachReads(b *bench) {
	a, can := able[orchestrator.Attacher](b)
	if !can {
		return
	}
	p := b.pod("reader", b.h.Reads("app"))
	b.start(p)
	in, write := io.Pipe()
	var heard listener
	ended := listening(func() error {
		return a.Attach(b.Context(), ref(p, 0), orchestrator.AttachOptions{Streams: orchestrator.Streams{Stdin: in, Stdout: &heard}})
	})
	_, err := io.WriteString(write, "hello\n")
	require.NoError(b, err)
	b.eventually("what was written comes back", func() bool { return heard.String() == "hello\n" })
	require.NoError(b, write.Close())
	require.NoError(b, b.outcome("Attach after the container's end", ended))
	require.Zero(b, b.waitEnded(p, ref(p, 0)).State.Terminated.ExitCode, "it ends with its input")
}

func portForwardConnects(b *bench) {
	f, can := able[orchestrator.PortForwarder](b)
	if !can {
		return
	}
	const port = 18088
	p := b.pod("web", b.h.Serves("app", port, "welcome"))
	b.start(p)
	var conn net.Conn
	b.eventually("it answers", func() (ok bool) {
		ctx, cancel := context.WithTimeout(b.Context(), b.h.Soon)
		defer cancel() // which is for connecting only
		var err error
		conn, err = f.PortForward(ctx, p.UID, port)
		return err == nil
	})
	defer conn.Close()
	text := ""
	err := b.within("a request", func() error {
		if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		text = string(page)
		return err
	})
	require.NoError(b, err)
	require.Equal(b, "welcome", strings.TrimSpace(text))
}

func portForwardRefuses(b *bench) {
	f, can := able[orchestrator.PortForwarder](b)
	if !can {
		return
	}
	p := b.forever()
	err := b.within("PortForward", func() error {
		_, err := f.PortForward(b.Context(), p.UID, 18089)
		return err
	})
	require.Error(b, err, "nobody listens")
	require.NotErrorIs(b, err, orchestrator.ErrNotRunning, "the pod runs")
	err = b.within("PortForward", func() error {
		_, err := f.PortForward(b.Context(), "unknown", 18089)
		return err
	})
	require.ErrorIs(b, err, orchestrator.ErrNotRunning)
}

func statsOfWhatRuns(b *bench) {
	m, can := able[orchestrator.Meter](b)
	if !can {
		return
	}
	p := b.pod("web", b.h.Forever("app"), b.h.Exits("job", 0))
	b.start(p)
	b.waitEnded(p, ref(p, 1))
	var first, second orchestrator.PodStats
	measure := func(into *orchestrator.PodStats) error {
		return b.within("Stats", func() (err error) { *into, err = m.Stats(b.Context(), p.UID); return err })
	}
	before := time.Now()
	require.NoError(b, measure(&first))
	require.WithinRange(b, first.At, before.Add(-slack), time.Now().Add(slack), "At")
	b.eventually("At moves on", func() bool {
		require.NoError(b, measure(&second))
		return second.At.After(first.At)
	})
	for _, stats := range []orchestrator.PodStats{first, second} {
		require.Len(b, stats.Containers, 1, "only what runs is measured")
		require.Equal(b, ref(p, 0), stats.Containers[0].ContainerRef)
		require.Positive(b, stats.Containers[0].Memory, "Memory")
	}
	require.GreaterOrEqual(b, second.Containers[0].CPU, first.Containers[0].CPU, "CPU never goes back")
	b.stop(p, 0, b.h.Soon)
	require.ErrorIs(b, measure(&second), orchestrator.ErrNotRunning)
}

package orchestrator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// logs returns the log of a container of pod p.
func (r *rig) logs(o orchestrator.LogOptions) (string, error) {
	var out bytes.Buffer
	o.Stdout, o.Stderr = &out, &out
	err := r.c.Pods().Logs(r.ctx(), "", "p", o)
	return out.String(), err
}

// talkers say which attempt they are, and end in failure after a minute.
func talkers(attempts ...string) fake.Scripts {
	var scripts []fake.Script
	for _, text := range attempts {
		scripts = append(scripts, fake.Script{Runs: time.Minute, ExitCode: 1, Says: []fake.Line{
			{Text: text}, {After: 30 * time.Second, Stream: orchestrator.Stderr, Text: "halfway"},
		}})
	}
	return fake.Scripts{{Attempts: scripts}}
}

// Which attempt is read: the current one; of a container that waits to be
// started again the last one; and with Previous the one before.
func TestPodLogsOfWhichAttempt(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(talkers("zero", "one", "two"))
		r.apply(webPod("p"))
		r.pass(10 * time.Second)
		got, err := r.logs(orchestrator.LogOptions{})
		require.NoError(t, err)
		require.Equal(t, "zero\n", got)
		_, err = r.logs(orchestrator.LogOptions{Previous: true})
		require.ErrorIs(t, err, orchestrator.ErrNoAttempt)
		require.EqualError(t, err, `read logs: container "main" of pod "default/p": there is no such attempt, or no longer: it was never restarted`)

		r.pass(time.Minute) // restarted at once
		got, err = r.logs(orchestrator.LogOptions{Container: "main"})
		require.NoError(t, err)
		require.Equal(t, "one\n", got)
		got, err = r.logs(orchestrator.LogOptions{Previous: true})
		require.NoError(t, err)
		require.Equal(t, "zero\nhalfway\n", got)

		r.pass(52 * time.Second) // it waits to be restarted
		require.Equal(t, "CrashLoopBackOff", r.pod("p").Status.ContainerStatuses[0].State.Waiting.Reason)
		for _, previous := range []bool{false, true} {
			got, err = r.logs(orchestrator.LogOptions{Previous: previous, Tail: new(1)})
			require.NoError(t, err)
			require.Equal(t, "halfway\n", got)
		}
	})
}

// What can't be read says why.
func TestPodLogsRefuses(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Pod: "p", Attempts: []fake.Script{{StartDelay: time.Minute}}}})
		p := webPod("p")
		p.Spec.NodeSelector = map[string]string{"no": "where"}
		r.apply(p)
		r.pass(time.Second)
		read := func(o orchestrator.LogOptions) string {
			_, err := r.logs(o)
			require.Error(t, err)
			return err.Error()
		}
		require.Contains(t, read(orchestrator.LogOptions{}), `pod "default/p": does not run: the pod has no node yet`)
		require.Contains(t, read(orchestrator.LogOptions{Container: "side"}), `pod "default/p": invalid: Container: "side": must be one of main`)
		require.Contains(t, read(orchestrator.LogOptions{Tail: new(-1)}), "invalid: Tail: -1: must not be negative")
		require.Contains(t, read(orchestrator.LogOptions{LimitBytes: -1}), "invalid: LimitBytes: -1: must not be negative")
		require.ErrorIs(t, r.c.Pods().Logs(r.ctx(), "", "other", orchestrator.LogOptions{}), orchestrator.ErrNotFound)

		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "p", orchestrator.DeleteOptions{}))
		p.Spec.NodeSelector = nil
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: "side", Image: "i"})
		r.apply(p)
		r.pass(time.Second)
		require.Contains(t, read(orchestrator.LogOptions{}), "invalid: Container: must be given: one of main, side")
		require.Contains(t, read(orchestrator.LogOptions{Container: "main"}), "does not run: it waits: ContainerCreating")
	})
}

// heard is what was written, for one goroutine to read while another one writes.
type heard struct {
	mu  sync.Mutex
	all []byte
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, b...)
	return len(b), nil
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.all)
}

// A log that is followed ends with its container, with the caller's context,
// with the node, and with Run.
func TestPodLogsFollow(t *testing.T) {
	follow := func(r *rig, ctx context.Context) (*heard, chan error) {
		out, ended := new(heard), make(chan error, 1)
		go func() {
			ended <- r.c.Pods().Logs(ctx, "", "p", orchestrator.LogOptions{Follow: true, Stdout: out, Stderr: out})
		}()
		r.pass(time.Second)
		return out, ended
	}
	for _, tt := range []struct {
		name  string
		end   func(t *testing.T, r *rig, cancel func())
		wants error
		said  string
	}{
		{"container", func(_ *testing.T, r *rig, _ func()) { r.pass(time.Minute) }, nil, "zero\nhalfway\n"},
		{"context", func(_ *testing.T, r *rig, cancel func()) { cancel(); r.pass(0) }, context.Canceled, "zero\n"},
		{"run", func(t *testing.T, r *rig, _ func()) { require.NoError(t, r.stop()); r.pass(0) }, orchestrator.ErrStopped, "zero\n"},
		{"node", func(t *testing.T, r *rig, _ func()) {
			on := r.pod("p").Spec.NodeName
			require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", on, orchestrator.DeleteOptions{Force: true}))
			r.pass(time.Second)
		}, orchestrator.ErrUnreachable, "zero\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
				r.machines.Use(talkers("zero"))
				r.apply(webPod("p"))
				r.pass(time.Second)
				ctx, cancel := context.WithCancel(r.ctx())
				defer cancel()
				out, ended := follow(r, ctx)
				require.Equal(t, "zero\n", out.String())
				tt.end(t, r, cancel)
				select {
				case err := <-ended:
					require.ErrorIs(t, err, tt.wants)
				default:
					require.Fail(t, "it goes on")
				}
				require.Equal(t, tt.said, out.String())
			})
		})
	}
}

func TestPodExec(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{Runs: time.Hour, Exec: func(ctx context.Context, o orchestrator.ExecOptions) int {
			if o.Command[0] == "hang" {
				<-ctx.Done()
			}
			text, _ := io.ReadAll(o.Stdin)
			io.WriteString(o.Stdout, strings.ToUpper(string(text)))
			return 7
		}}}}})
		p := webPod("p")
		p.Spec.RestartPolicy = pod.RestartNever
		r.apply(p)
		r.pass(time.Second)
		var out bytes.Buffer
		streams := orchestrator.Streams{Stdin: strings.NewReader("hello"), Stdout: &out}
		code, err := r.c.Pods().Exec(r.ctx(), "", "p", orchestrator.ExecOptions{Command: []string{"upper"}, Streams: streams})
		require.NoError(t, err)
		require.Equal(t, 7, code)
		require.Equal(t, "HELLO", out.String())

		brief, cancel := context.WithTimeout(r.ctx(), time.Minute)
		defer cancel()
		_, err = r.c.Pods().Exec(brief, "", "p", orchestrator.ExecOptions{Command: []string{"hang"}, Streams: streams})
		require.ErrorIs(t, err, context.DeadlineExceeded)

		_, err = r.c.Pods().Exec(r.ctx(), "", "p", orchestrator.ExecOptions{})
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		r.pass(time.Hour)
		_, err = r.c.Pods().Exec(r.ctx(), "", "p", orchestrator.ExecOptions{Command: []string{"upper"}})
		require.ErrorIs(t, err, orchestrator.ErrNotRunning)
		require.ErrorContains(t, err, "it has ended: Completed")
	})
}

// A command that does not even heed its context keeps Run from nothing.
func TestPodExecDoesNotHoldUpRun(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		release := make(chan struct{})
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{Exec: func(context.Context, orchestrator.ExecOptions) int {
			<-release
			return 0
		}}}}})
		r.apply(webPod("p"))
		r.pass(time.Second)
		ended := make(chan error, 1)
		go func() {
			_, err := r.c.Pods().Exec(context.Background(), "", "p", orchestrator.ExecOptions{Command: []string{"x"}})
			ended <- err
		}()
		r.pass(time.Second)
		c := webController("web", 3)
		r.apply(c)
		r.pass(5 * time.Second)
		stored, err := r.c.Controllers().Get("", "web")
		require.NoError(t, err)
		require.Equal(t, 3, stored.Status.ReadyReplicas)
		before := time.Now()
		require.NoError(t, r.stop())
		require.Zero(t, time.Since(before))
		r.pass(0) // the command is told that Run has ended
		close(release)
		require.ErrorIs(t, <-ended, orchestrator.ErrStopped)
	})
}

func TestPodAttach(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(talkers("zero"))
		r.apply(webPod("p"))
		r.pass(time.Second)
		var out bytes.Buffer
		err := r.c.Pods().Attach(r.ctx(), "", "p", orchestrator.AttachOptions{Streams: orchestrator.Streams{Stderr: &out}})
		require.NoError(t, err, "it has ended")
		require.Equal(t, "halfway\n", out.String())
		r.pass(time.Second)
		err = r.c.Pods().Attach(r.ctx(), "", "p", orchestrator.AttachOptions{Streams: orchestrator.Streams{TTY: true}})
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		require.ErrorContains(t, err, "TTY: true: must be as the container has it, which is false")
	})
}

// A connection to a pod is the caller's, until Run ends.
func TestPodPortForward(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{Dial: func(_ context.Context, port int) (net.Conn, error) {
			here, there := net.Pipe()
			go io.Copy(there, there) //nolint:errcheck // it ends with the pipe
			return here, nil
		}}}}})
		waiting := webPod("waiting")
		waiting.Spec.NodeSelector = map[string]string{"no": "where"}
		r.apply(webPod("p"), waiting)
		r.pass(time.Second)
		_, err := r.c.Pods().PortForward(r.ctx(), "", "waiting", 80)
		require.ErrorIs(t, err, orchestrator.ErrNotRunning)
		_, err = r.c.Pods().PortForward(r.ctx(), "", "p", 0)
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		var open []net.Conn
		for range 2 {
			brief, cancel := context.WithCancel(r.ctx())
			conn, err := r.c.Pods().PortForward(brief, "", "p", 80)
			require.NoError(t, err)
			cancel() // which was for connecting only
			_, err = conn.Write([]byte("echo"))
			require.NoError(t, err)
			got := make([]byte, 4)
			_, err = io.ReadFull(conn, got)
			require.NoError(t, err)
			require.Equal(t, "echo", string(got))
			open = append(open, conn)
		}
		require.NoError(t, open[0].Close())
		require.NoError(t, r.stop())
		_, err = open[1].Read(make([]byte, 1))
		require.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestPodStats(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{Cores: 0.5, Uses: orchestrator.ContainerStats{Memory: 1 << 20}}}}})
		p := r.apply(webPod("p"))[0].(*pod.Pod)
		r.pass(11 * time.Second)
		stats, err := r.c.Pods().Stats(r.ctx(), "", "p")
		require.NoError(t, err)
		require.Len(t, stats.Containers, 1)
		got := stats.Containers[0]
		require.Equal(t, refOf(p, 0), got.ContainerRef)
		require.EqualValues(t, 1<<20, got.Memory)
		started := r.pod("p").Status.ContainerStatuses[0].State.Running.StartedAt
		require.Equal(t, stats.At.Sub(started)/2, got.CPU)
	})
}

// Where the runtime can do no more than it must, or can't be reached, the error says so.
func TestPodsBeyondReach(t *testing.T) {
	machines := &fake.Machines{}
	all := func(c *orchestrator.Client) []error {
		ctx, pods := context.Background(), c.Pods()
		_, exec := pods.Exec(ctx, "", "p", orchestrator.ExecOptions{Command: []string{"x"}})
		_, forward := pods.PortForward(ctx, "", "p", 80)
		_, stats := pods.Stats(ctx, "", "p")
		return []error{
			pods.Logs(ctx, "", "p", orchestrator.LogOptions{}), exec,
			pods.Attach(ctx, "", "p", orchestrator.AttachOptions{}), forward, stats,
		}
	}
	bubble(t, orchestrator.Config{Dial: func(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
		r, err := machines.Dial(ctx, n)
		return bare{r}, err
	}}, func(t *testing.T, r *rig) {
		p := webPod("p")
		p.Spec.NodeName = "node-0"
		p.Status.Phase = pod.Running
		p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "main", State: pod.ContainerState{Running: &pod.Started{}}}}
		_, err := r.c.Do(r.ctx(), orchestrator.Operation{Verb: orchestrator.Create, Object: p}, orchestrator.Operation{Verb: orchestrator.UpdateStatus, Object: p})
		require.NoError(t, err)
		for i, err := range all(r.c) {
			require.ErrorIs(t, err, orchestrator.ErrUnreachable, "%d, before Run", i)
		}
		r.run()
		r.pass(2 * time.Minute)
		for i, err := range all(r.c) {
			require.ErrorIs(t, err, errors.ErrUnsupported, "%d", i)
			require.ErrorContains(t, err, "the runtime can not")
		}
		require.NoError(t, r.stop())
		for i, err := range all(r.c) {
			require.ErrorIs(t, err, orchestrator.ErrStopped, "%d, after Run", i)
		}
	})
}

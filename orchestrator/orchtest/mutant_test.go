package orchtest_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/internal/actortest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

// The suite is only worth something if it fails where it should: every mutant
// is a runtime with one defect, and has to fail the tests named for it. Each
// runs in a process of its own, since a failed test can not be undone in this one.

const mutantVariable = "ORCHTEST_MUTANT"

func TestEveryTestCanFail(t *testing.T) {
	t.Parallel()
	all := runtimeRun.outcomes(t, "none", ".", "PASS")
	requireCanFail(t, runtimeRun, all, allMutants(), func(m mutant) []string { return m.fails })
}

// runtimeRun runs the suite on a mutant: in a process of its own.
var runtimeRun = mutantRun{"TestMutant", mutantVariable, nil, false}

// TestMutant runs the suite on the mutant that the environment names.
func TestMutant(t *testing.T) {
	name := os.Getenv(mutantVariable)
	if name == "" {
		t.Log("runs only as a part of TestEveryTestCanFail")
		return
	}
	orchtest.Runtime(t, harness(allMutants()[name]))
}

// allMutants are those of a runtime, and those of what it may be beyond that.
func allMutants() map[string]mutant {
	all := maps.Clone(mutants)
	maps.Copy(all, ableMutants)
	return all
}

// harness makes runtimes with the defect.
func harness(m mutant) orchtest.RuntimeHarness {
	of := func(image string) func(string) pod.Container {
		return func(name string) pod.Container { return pod.Container{Name: name, Image: image} }
	}
	open := func(r *fake.Runtime) orchestrator.Runtime {
		d := &defective{Runtime: r, mutant: m, silence: make(chan struct{}), closed: make(chan struct{})}
		close(d.closed)
		return d
	}
	return actortest.Look(orchtest.RuntimeHarness{
		New:     func(*testing.T) orchestrator.Runtime { return open(&fake.Runtime{Choose: play}) },
		Forever: of("forever"),
		Exits: func(name string, code int) pod.Container {
			return pod.Container{Name: name, Image: "exits", Ports: []pod.ContainerPort{{ContainerPort: code}}}
		},
		Stubborn: of("stubborn"),
		Missing:  of("missing"),
		OOM:      of("oom"),
		Kill: func(_ *testing.T, r orchestrator.Runtime, c orchestrator.ContainerState) {
			r.(*defective).Runtime.Kill(c.UID, c.Container, 9)
		},
		Reopen: func(_ *testing.T, old orchestrator.Runtime) orchestrator.Runtime {
			r := old.(*defective).Runtime
			if m.reopen != nil {
				r = m.reopen(r)
			}
			return open(r)
		},
		Virtual: true,
	})
}

// ready is what containers say once SIGTERM means to them what it should. One that is
// stopped before dies, whatever the grace: the suite has to wait.
var ready = []fake.Line{{After: 50 * time.Millisecond, Text: "ready"}}

func play(_ *pod.Pod, c *pod.Container, _ int) (fake.Script, bool) {
	if s, known := actortest.Play(c); known {
		return s, true
	}
	switch c.Image {
	case "exits":
		return fake.Script{Runs: 20 * time.Millisecond, ExitCode: c.Ports[0].ContainerPort}, true
	case "stubborn":
		return fake.Script{IgnoresTerm: true, Says: ready}, true
	case "missing":
		return fake.Script{StartErr: &orchestrator.StartError{Reason: "ErrImagePull", Err: errors.New("no such image")}}, true
	case "oom":
		return fake.Script{Runs: time.Millisecond, OOM: true}, true
	}
	return fake.Script{
		StartDelay: time.Millisecond, StopDelay: time.Millisecond, Says: ready,
		Exec: actortest.Obey, Cores: 1, Uses: orchestrator.ContainerStats{Memory: 1 << 20},
	}, true
}

// mutant is one defect: what is done in place of a method, and the tests that must fail.
type mutant struct {
	fails  []string
	start  func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error
	stop   func(d *defective, ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error
	remove func(d *defective, ctx context.Context, uid string) error
	list   func(d *defective, list []orchestrator.ContainerState) []orchestrator.ContainerState
	hints  func(d *defective) <-chan struct{}
	report func(ctx context.Context, after uint64) (orchestrator.Report, error)
	reopen func(r *fake.Runtime) *fake.Runtime

	logs    func(d *defective, ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error
	exec    func(d *defective, ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error)
	probe   func(d *defective, ctx context.Context, ref orchestrator.ContainerRef, command []string) error
	attach  func(d *defective, ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error
	forward func(d *defective, ctx context.Context, uid string, port int) (net.Conn, error)
	stats   func(d *defective, ctx context.Context, uid string) (orchestrator.PodStats, error)
}

// defective is a fake.Runtime with a defect.
type defective struct {
	*fake.Runtime
	mutant
	under  atomic.Int32 // calls under way
	cached []orchestrator.ContainerState

	silence, closed chan struct{}
}

func (d *defective) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	if d.start != nil {
		return d.start(d, ctx, p, c)
	}
	return d.Runtime.Start(ctx, p, c)
}

func (d *defective) Stop(ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error {
	if c, ok := d.find(ref); ok && c.State.Running != nil && time.Since(c.State.Running.StartedAt) < ready[0].After {
		grace = 0
	}
	if d.stop != nil {
		return d.stop(d, ctx, ref, grace)
	}
	return d.Runtime.Stop(ctx, ref, grace)
}

func (d *defective) Remove(ctx context.Context, uid string) error {
	if d.remove != nil {
		return d.remove(d, ctx, uid)
	}
	return d.Runtime.Remove(ctx, uid)
}

func (d *defective) List(ctx context.Context) ([]orchestrator.ContainerState, error) {
	list, err := d.Runtime.List(ctx)
	if d.list != nil && err == nil {
		list = d.list(d, list)
	}
	return list, err
}

func (d *defective) Changed() <-chan struct{} {
	if d.hints != nil {
		return d.hints(d)
	}
	return d.Runtime.Changed()
}

func (d *defective) Logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	if d.logs != nil {
		return d.logs(d, ctx, ref, o)
	}
	return d.Runtime.Logs(ctx, ref, o)
}

func (d *defective) Exec(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error) {
	if d.exec != nil {
		return d.exec(d, ctx, ref, o)
	}
	return d.Runtime.Exec(ctx, ref, o)
}

func (d *defective) Probe(ctx context.Context, ref orchestrator.ContainerRef, command []string) error {
	if d.probe != nil {
		return d.probe(d, ctx, ref, command)
	}
	return d.Runtime.Probe(ctx, ref, command)
}

func (d *defective) Attach(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error {
	if d.attach != nil {
		return d.attach(d, ctx, ref, o)
	}
	return d.Runtime.Attach(ctx, ref, o)
}

func (d *defective) PortForward(ctx context.Context, uid string, port int) (net.Conn, error) {
	if d.forward != nil {
		return d.forward(d, ctx, uid, port)
	}
	return d.Runtime.PortForward(ctx, uid, port)
}

func (d *defective) Stats(ctx context.Context, uid string) (orchestrator.PodStats, error) {
	if d.stats != nil {
		return d.stats(d, ctx, uid)
	}
	return d.Runtime.Stats(ctx, uid)
}

func (d *defective) Report(ctx context.Context, after uint64) (orchestrator.Report, error) {
	if d.report != nil {
		return d.report(ctx, after)
	}
	return d.Runtime.Report(ctx, after)
}

// find returns what is listed of the attempt.
func (d *defective) find(ref orchestrator.ContainerRef) (orchestrator.ContainerState, bool) {
	list, _ := d.Runtime.List(context.Background()) // never fails
	for _, c := range list {
		if c.ContainerRef == ref {
			return c, true
		}
	}
	return orchestrator.ContainerState{}, false
}

// ends changes every end in a list.
func ends(change func(c *orchestrator.ContainerState, end *pod.Terminated)) func(*defective, []orchestrator.ContainerState) []orchestrator.ContainerState {
	return func(_ *defective, list []orchestrator.ContainerState) []orchestrator.ContainerState {
		for i := range list {
			if end := list[i].State.Terminated; end != nil {
				change(&list[i], end)
			}
		}
		return list
	}
}

// each changes every entry of a list.
func each(change func(c *orchestrator.ContainerState)) func(*defective, []orchestrator.ContainerState) []orchestrator.ContainerState {
	return func(_ *defective, list []orchestrator.ContainerState) []orchestrator.ContainerState {
		for i := range list {
			change(&list[i])
		}
		return list
	}
}

// without leaves entries out of a list.
func without(out func(c orchestrator.ContainerState, list []orchestrator.ContainerState) bool) func(*defective, []orchestrator.ContainerState) []orchestrator.ContainerState {
	return func(_ *defective, list []orchestrator.ContainerState) []orchestrator.ContainerState {
		var left []orchestrator.ContainerState
		for _, c := range list {
			if !out(c, list) {
				left = append(left, c)
			}
		}
		return left
	}
}

// again starts a container anew, and forgets that it ever ran.
func again(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
	if err := d.Runtime.Remove(ctx, p.UID); err != nil {
		return err
	}
	return d.Runtime.Start(ctx, p, c)
}

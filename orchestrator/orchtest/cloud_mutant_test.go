package orchtest_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// As with runtimes: every mutant is a cloud with one defect, and has to fail
// the tests named for it, in a process of its own.

const cloudMutantVariable = "ORCHTEST_CLOUD_MUTANT"

func TestEveryCloudTestCanFail(t *testing.T) {
	t.Parallel()
	all := cloudRun.outcomes(t, "none", ".", "PASS")
	requireCanFail(t, cloudRun, all, cloudMutants, func(m cloudMutant) []string { return m.fails })
}

// cloudRun runs the suite on a mutant: in a process of its own.
var cloudRun = mutantRun{"TestCloudMutant", cloudMutantVariable, nil, false}

// TestCloudMutant runs the suite on the mutant that the environment names.
func TestCloudMutant(t *testing.T) {
	name := os.Getenv(cloudMutantVariable)
	if name == "" {
		t.Log("runs only as a part of TestEveryCloudTestCanFail")
		return
	}
	orchtest.Cloud(t, cloudHarness(cloudMutants[name]))
}

// cloudHarness makes clouds with the defect.
func cloudHarness(m cloudMutant) orchtest.CloudHarness {
	open := func(c *fake.Cloud) orchestrator.Cloud {
		d := &defectiveCloud{Cloud: c, cloudMutant: m, silence: make(chan struct{}), closed: make(chan struct{})}
		close(d.closed)
		if m.run != nil {
			return runningCloud{d}
		}
		return d
	}
	faulty := func(f fake.CloudFaults) func(*testing.T, orchestrator.Cloud) func() {
		return func(_ *testing.T, c orchestrator.Cloud) func() {
			inside(c).SetFaults(f)
			return func() { inside(c).SetFaults() }
		}
	}
	return orchtest.CloudHarness{
		New: func(_ *testing.T, instances []node.Instance) orchestrator.Cloud {
			c := &fake.Cloud{}
			c.Set(instances...)
			return open(c)
		},
		Set: func(_ *testing.T, c orchestrator.Cloud, instances []node.Instance) {
			inside(c).Set(instances...)
		},
		Invalid: func(int) node.Instance { return node.Instance{ID: "No Name"} },
		Fail:    faulty(fake.CloudFaults{Err: errors.New("out of order")}),
		Hang:    faulty(fake.CloudFaults{Hang: true}),
		Reopen: func(_ *testing.T, old orchestrator.Cloud) orchestrator.Cloud {
			c := inside(old)
			if m.reopen != nil {
				c = m.reopen(c)
			}
			return open(c)
		},
		Virtual: true,
	}
}

// inside returns the cloud that works.
func inside(c orchestrator.Cloud) *fake.Cloud {
	if r, ok := c.(runningCloud); ok {
		return r.Cloud
	}
	return c.(*defectiveCloud).Cloud
}

// cloudMutant is one defect: what is done in place of a method, and the tests that must fail.
type cloudMutant struct {
	fails  []string
	name   func(d *defectiveCloud) string
	list   func(d *defectiveCloud, list []node.Instance) []node.Instance
	answer func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error)
	hints  func(d *defectiveCloud) <-chan struct{}
	run    func(ctx context.Context) error
	reopen func(c *fake.Cloud) *fake.Cloud
}

// defectiveCloud is a fake.Cloud with a defect.
type defectiveCloud struct {
	*fake.Cloud
	cloudMutant
	under atomic.Int32 // calls under way
	calls atomic.Int32
	last  atomic.Pointer[[]node.Instance]

	silence, closed chan struct{}
}

// runningCloud is one that has something to do.
type runningCloud struct{ *defectiveCloud }

func (r runningCloud) Run(ctx context.Context) error { return r.run(ctx) }

func (d *defectiveCloud) Name() string {
	if d.name != nil {
		return d.name(d)
	}
	return d.Cloud.Name()
}

func (d *defectiveCloud) Instances(ctx context.Context) ([]node.Instance, error) {
	if d.answer != nil {
		return d.answer(d, ctx)
	}
	list, err := d.Cloud.Instances(ctx)
	if d.list != nil && err == nil {
		list = d.list(d, list)
	}
	return list, err
}

func (d *defectiveCloud) Changed() <-chan struct{} {
	if d.hints != nil {
		return d.hints(d)
	}
	return d.Cloud.Changed()
}

// remembered returns the last list that was noted, and notes this one.
func (d *defectiveCloud) remembered(list []node.Instance) []node.Instance {
	if last := d.last.Swap(&list); last != nil {
		return *last
	}
	return nil
}

// eachInstance changes every entry of a list.
func eachInstance(change func(i *node.Instance)) func(*defectiveCloud, []node.Instance) []node.Instance {
	return func(_ *defectiveCloud, list []node.Instance) []node.Instance {
		for i := range list {
			change(&list[i])
		}
		return list
	}
}

// cached returns the first list for ever, as what copies make of it.
func cached(copied func([]node.Instance) []node.Instance) func(*defectiveCloud, []node.Instance) []node.Instance {
	return func(d *defectiveCloud, list []node.Instance) []node.Instance {
		d.last.CompareAndSwap(nil, &list)
		return copied(*d.last.Load())
	}
}

// hour returns a context that does not end when ctx does, but much later.
func hour(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
}

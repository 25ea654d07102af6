package simulate_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// What is left of several devices is of no use to a share that wants more of one.
func TestSharesFragmentDevices(t *testing.T) {
	const gpu pod.ResourceName = "example.com/gpu"
	machine := machines(1, "8")[0]
	machine.Status.Capacity[gpu] = pod.MustParseQuantity("2")
	c := recorded(t, simulate.Config{Record: time.Minute, Orchestrator: orchestrator.Config{Machines: []*node.Node{machine}}})
	share := job("1")
	share.Spec.Containers[0].Resources.Requests[gpu] = pod.MustParseQuantity("600m")
	require.NoError(t, c.Offer(simulate.Workload{Name: "share", Template: share, At: []time.Duration{0, 0}}))
	require.NoError(t, c.Advance(time.Hour))
	r := c.Report()
	require.Equal(t, 2, r.Running)
	require.Equal(t, simulate.Share{Resource: gpu, Allocated: 0.6, Fragmented: 1}, r.Samples[60].Share(gpu))
}

// A pod whose node is lost while it is on its way up has never run.
func TestLostOnItsWayUp(t *testing.T) {
	c := recorded(t, simulate.Config{
		Record: time.Hour, Orchestrator: orchestrator.Config{Machines: machines(5, "8")},
		Models: []simulate.Model{{Start: simulate.Constant(10 * time.Hour)}},
	})
	require.NoError(t, c.Offer(simulate.Workload{Name: "slow", Template: job("1"), At: []time.Duration{0}}))
	require.NoError(t, c.Play(simulate.Schedule{{At: time.Hour, Fault: simulate.NodeDown{Node: nodeAt(0), For: time.Hour}}}, 3*time.Hour))
	r := c.Report()
	require.Equal(t, 1, r.Failed)
	require.Zero(t, r.Started)
	require.Equal(t, 1, r.Queued.Count)
}

// A report has the resources of nodes that have gone, and a line for each sample.
func TestReportOfWhatHasGone(t *testing.T) {
	list := machines(2, "8")
	list[1].Status.Capacity["example.com/gpu"] = pod.MustParseQuantity("2")
	c := recorded(t, simulate.Config{Record: 100 * time.Microsecond, Orchestrator: orchestrator.Config{Machines: list}})
	require.NoError(t, c.Advance(250*time.Microsecond))
	require.NoError(t, c.Delete(store.KindNode, "", list[1].Name, orchestrator.DeleteOptions{Force: true}))
	require.NoError(t, c.Advance(100*time.Microsecond))
	r := c.Report()
	var shares strings.Builder
	require.NoError(t, r.WriteShares(&shares))
	require.Equal(t, `time (s),cpu allocated,cpu fragmented,example.com/gpu allocated,example.com/gpu fragmented
0,0,0,0,0
0.0001,0,0,0,0
0.0002,0,0,0,0
0.0003,0,0,0,0
`, shares.String())
	require.Contains(t, r.String(), "example.com/gpu     allocated 0 %")
}

// What happens at the time of a sample is in it, also after somebody has looked.
func TestReportBeforeTheEnd(t *testing.T) {
	c := recorded(t, simulate.Config{Record: time.Minute, Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	require.NoError(t, c.Advance(time.Minute))
	require.Zero(t, c.Report().Samples[1].Counts)
	_, err := c.Apply(&pod.Pod{Meta: labels.Meta{Name: "p"}, Spec: job("1").Spec})
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	r := c.Report()
	require.Len(t, r.Samples, 3)
	require.Equal(t, 1, r.Samples[1].Running)
	require.Equal(t, 1, r.Samples[1].Queued.Count)
	require.Zero(t, r.Samples[2].Queued)
}

func TestTimeDoesNotGoBack(t *testing.T) {
	c := recorded(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	require.EqualError(t, c.Advance(-time.Second), "advance: -1s is negative")
	began := c.Now()
	var struck []time.Time
	note := simulate.Act{Name: "note", Do: func(c *simulate.Cluster) { struck = append(struck, c.Now()) }}
	require.NoError(t, c.Play(simulate.Schedule{{At: time.Minute, Fault: note}, {At: -time.Hour, Fault: note}}, time.Hour))
	require.Equal(t, []time.Time{began, began.Add(time.Minute)}, struck)
	require.Equal(t, began.Add(time.Hour), c.Now())
}

// Pods without number at one time are an error and no endless wait.
func TestOfferWithoutEnd(t *testing.T) {
	c := recorded(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	require.NoError(t, c.Offer(simulate.Workload{Name: "flood", Template: job("1"), Every: simulate.Empirical{}}))
	require.ErrorContains(t, c.Advance(time.Second), `workload "flood": Every is one of 0 observed: 100000 pods come at one time, and there is no Count`)

	c = recorded(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	require.NoError(t, c.Offer(simulate.Workload{Name: "burst", Template: job("1"), Every: simulate.Constant(0), Count: 500}))
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, 500, c.View().Pods().Len())
}

// A pod of a workload whose name is taken does not get lost unsaid.
func TestOfferTwice(t *testing.T) {
	c := recorded(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	template := job("1")
	_, err := c.Apply(&pod.Pod{Meta: labels.Meta{Name: "job-2"}, Spec: template.Spec})
	require.NoError(t, err)
	require.NoError(t, c.Offer(simulate.Workload{Name: "job", Template: template, Every: simulate.Constant(time.Minute)}))
	require.NoError(t, c.Advance(time.Minute))
	require.ErrorIs(t, c.Advance(time.Minute), orchestrator.ErrExists)
}

// Nor where the orchestrator was down when it came, and was so again when it came once more.
func TestOfferTwiceWhileDown(t *testing.T) {
	c := recorded(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(1, "8")}})
	template := job("1")
	taken := &pod.Pod{Meta: labels.Meta{Name: "job-1"}, Spec: template.Spec}
	_, err := c.Apply(taken)
	require.NoError(t, err)
	crash := func() {
		c.Strike(simulate.Crash{Down: 10 * time.Second})
		_, err := c.Apply(&labels.Namespace{Meta: labels.Meta{Name: "lost"}})
		require.ErrorIs(t, err, simulate.ErrDown)
	}
	require.NoError(t, c.Offer(simulate.Workload{Name: "job", Template: template, At: []time.Duration{time.Second}}))
	crash()
	require.NoError(t, c.Advance(10500*time.Millisecond)) // the pod comes again half a second later
	crash()
	require.ErrorIs(t, c.Advance(time.Minute), orchestrator.ErrExists)
}

var updatePlots = flag.Bool("plot.update", false, "write the reports that module plot draws in its test")

// What a report writes is what plot/testdata has, which the test of that module
// draws. Where it is meant to change:
//
//	go test ./orchestrator/simulate -run TestReportsToDraw -plot.update
func TestReportsToDraw(t *testing.T) {
	r := offered(t, 2, simulate.Schedule{{At: time.Hour, Fault: simulate.NodeDown{Node: nodeAt(0), For: 20 * time.Minute}}}).Report()
	for name, write := range map[string]func(io.Writer) error{"shares": r.WriteShares, "counts": r.WriteCounts, "queueing": r.WriteQueueing} {
		var now bytes.Buffer
		require.NoError(t, write(&now))
		path := filepath.Join("plot", "testdata", name+".csv")
		if *updatePlots {
			require.NoError(t, os.WriteFile(path, now.Bytes(), 0o644))
		}
		was, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(was), now.String())
	}
}

func recorded(t *testing.T, cfg simulate.Config) *simulate.Cluster {
	t.Helper()
	c, err := simulate.New(cfg)
	require.NoError(t, err)
	return c
}

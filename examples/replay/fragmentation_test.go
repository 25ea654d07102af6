package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// A quarter of the tasks each wants half a GPU, two GPUs, no GPU, and a GPU of
// another model.
func mixture() *demand {
	return demandFor("T4", []*task{
		{cpu: 1000, gpus: 1, milli: 500},
		{cpu: 4000, gpus: 2, milli: 1000},
		{cpu: 1000},
		{cpu: 1000, gpus: 1, milli: 500, models: []string{"A10"}},
	})
}

func TestFragmentation(t *testing.T) {
	for _, c := range []struct {
		name string
		cpu  int64
		left []int64
		want float64 // a quarter each: of half a GPU, of two GPUs, of the others that can use none
	}{
		{"nothing is left", 8000, []int64{0, 0}, 0},
		{"both fit", 8000, []int64{1000, 1000}, (0 + 0 + 2*2000) / 4.0},
		{"two don't fit", 8000, []int64{1000, 600}, (0 + 1600 + 2*1600) / 4.0},
		{"part is too small for the half", 8000, []int64{1000, 300}, (300 + 1300 + 2*1300) / 4.0},
		{"part is too small for the two", 8000, []int64{1000, 300, 1000}, (300 + 300 + 2*2300) / 4.0},
		{"all is too small", 8000, []int64{400, 400}, 800},
		{"cpu for the half only", 1000, []int64{1000, 1000}, (0 + 2000 + 2*2000) / 4.0},
		{"no cpu", 0, []int64{1000, 1000}, 2000},
		{"no GPU", 8000, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.InDelta(t, c.want, mixture().fragmentation(c.cpu, c.left), 1e-9)
		})
	}
}

// Best fit would put the share on the first device, and leave 200 there that
// nobody can use. On the second one, both devices have room for one more task.
func TestFGDChoosesTheDevice(t *testing.T) {
	half := &task{cpu: 100, gpus: 1, milli: 500}
	trace := &trace{pods: []*task{half}, capacity: 2000}
	trace.nodes = append(trace.nodes, machine("a", 8000, 1024, 2, "T4"))
	policy := fgd(trace, 0)

	var c scheduler.Cluster
	c.SetNode(trace.nodes[0])
	want := func(i int, milli int64, device int) {
		p := taskKey{cpu: 100, gpus: 1, milli: milli}.task().pod(i)
		d := policy.Pick(p, &c)
		require.Equal(t, []int{device}, d.Devices[0].Indexes)
		c.Accept(p, d)
	}
	want(0, 500, 0)
	want(1, 300, 1)
	require.Equal(t, []int64{500, 700}, c.Node("a").Devices(gpu))
	require.Equal(t, 0, scheduler.BestFit(300, []int64{500, 1000}))
}

func TestTake(t *testing.T) {
	left := []int64{500, 1000, 1000, 1000}
	take(left, 2)
	require.Equal(t, []int64{500, 0, 0, 1000}, left)
}

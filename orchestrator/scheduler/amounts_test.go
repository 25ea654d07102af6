package scheduler_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func TestAmountsOf(t *testing.T) {
	for _, test := range []struct {
		list string
		want scheduler.Amounts
	}{
		{"", scheduler.Amounts{}},
		{"cpu=250m,memory=64Mi,ephemeral-storage=1k,pods=3", scheduler.Amounts{MilliCPU: 250, Memory: 64 << 20, Storage: 1000, Pods: 3}},
		{"cpu=1n,memory=1m,a.b/x=1n", scheduler.Amounts{MilliCPU: 1, Memory: 1, Other: []scheduler.Amount{{Name: "a.b/x", Milli: 1}}}},
		{"cpu=-1,memory=-1,a.b/x=-1", scheduler.Amounts{Other: []scheduler.Amount{{Name: "a.b/x"}}}},
		{"cpu=9E,memory=7Ei,a.b/x=9E", scheduler.Amounts{MilliCPU: 1 << 56, Memory: 1 << 56, Other: []scheduler.Amount{{Name: "a.b/x", Milli: 1 << 56}}}},
		{"z/b=2,a/b=1,m/b=500m", scheduler.Amounts{Other: []scheduler.Amount{{Name: "a/b", Milli: 1000}, {Name: "m/b", Milli: 500}, {Name: "z/b", Milli: 2000}}}},
	} {
		require.Equal(t, test.want, scheduler.AmountsOf(amounts(test.list)), test.list)
	}
}

func TestMilli(t *testing.T) {
	a := scheduler.AmountsOf(amounts("cpu=250m,memory=64,ephemeral-storage=2,pods=3,a.b/x=4"))
	for name, want := range map[pod.ResourceName]int64{
		pod.CPU: 250, pod.Memory: 64000, pod.EphemeralStorage: 2000, pod.Pods: 3000, "a.b/x": 4000, "a.b/y": 0, "hugepages-2Mi": 0,
	} {
		require.Equal(t, want, a.Milli(name), name)
	}
	a.Memory = 1 << 56
	require.Equal(t, scheduler.Unlimited, a.Milli(pod.Memory), "too much for thousandths")
}

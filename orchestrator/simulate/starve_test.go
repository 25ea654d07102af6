package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
)

// Containers whose back-off is over before their runtime has told that they ended keep
// no others of their pod from starting: whichever is down for longest is the next.
func TestRestartsLetOthersStart(t *testing.T) {
	c, err := simulate.New(simulate.Config{
		Check: true,
		Orchestrator: orchestrator.Config{
			Machines:  machines(1, "4"),
			Lifecycle: lifecycle.Rules{BackOffBase: 200 * time.Millisecond, BackOffMax: 2 * time.Second},
		},
		Latency: func(orchestrator.Work) time.Duration { return 3 * time.Second },
		Scripts: fake.Scripts{
			{Container: "ends-*", Attempts: []fake.Script{{ExitCode: 1}}},
			{Container: "stays", Attempts: []fake.Script{{}}},
		},
	})
	require.NoError(t, err)
	p := &pod.Pod{Spec: pod.Spec{RestartPolicy: pod.RestartAlways}}
	p.Name = "web"
	for _, name := range []string{"ends-first", "ends-second", "stays"} {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: name, Image: name})
	}
	_, err = c.Apply(p)
	require.NoError(t, err)
	require.NoError(t, c.Advance(5*time.Minute))
	p, err = c.View().Pods().Get("default", "web")
	require.NoError(t, err)
	require.NotNil(t, p.Status.Container("stays").State.Running)
	first, second := p.Status.Container("ends-first").RestartCount, p.Status.Container("ends-second").RestartCount
	require.Greater(t, first, 10)
	require.InDelta(t, first, second, 1)
}

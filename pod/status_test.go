package pod_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func TestContainerLookup(t *testing.T) {
	p := &pod.Pod{
		Spec:   pod.Spec{InitContainers: []pod.Container{{Name: "init"}}, Containers: []pod.Container{{Name: "a"}, {Name: "b"}}},
		Status: pod.Status{InitContainerStatuses: []pod.ContainerStatus{{Name: "init"}}, ContainerStatuses: []pod.ContainerStatus{{Name: "a"}, {Name: "b"}}},
	}
	require.Same(t, &p.Spec.Containers[1], p.Container("b"))
	require.Same(t, &p.Spec.InitContainers[0], p.Container("init"))
	require.Nil(t, p.Container("c"))
	require.Same(t, &p.Status.ContainerStatuses[1], p.Status.Container("b"))
	require.Same(t, &p.Status.InitContainerStatuses[0], p.Status.Container("init"))
	require.Nil(t, p.Status.Container("c"))
}

func TestSetCondition(t *testing.T) {
	first := time.Unix(100, 0).UTC()
	var s pod.Status
	require.Nil(t, s.Condition(pod.Ready))
	require.False(t, s.Is(pod.Ready))

	step := func(after time.Duration, c pod.Condition, changed bool, transition time.Duration) {
		t.Helper()
		require.Equal(t, changed, s.SetCondition(c, first.Add(after)))
		got := *s.Condition(c.Type)
		require.Equal(t, first.Add(transition), got.LastTransitionTime)
		c.LastTransitionTime = got.LastTransitionTime
		require.Equal(t, c, got)
	}
	step(0, pod.Condition{Type: pod.Ready, Status: pod.False, Reason: "Starting"}, true, 0)
	step(1, pod.Condition{Type: pod.Ready, Status: pod.False, Reason: "Starting"}, false, 0)
	step(2, pod.Condition{Type: pod.Ready, Status: pod.False, Reason: "Probing", LastTransitionTime: first.Add(9)}, true, 0)
	step(3, pod.Condition{Type: pod.Ready, Status: pod.True}, true, 3)
	require.True(t, s.Is(pod.Ready))
	step(4, pod.Condition{Type: pod.PodScheduled, Status: pod.True}, true, 4)
	step(5, pod.Condition{Type: pod.Ready, Status: pod.Unknown}, true, 5)
	require.False(t, s.Is(pod.Ready))
	require.Len(t, s.Conditions, 2)
}

func TestRestartTuning(t *testing.T) {
	for _, tt := range []struct {
		name string
		base string
		most string
		res  string
		want pod.Tuning
		err  string
	}{
		{name: "none"},
		{name: "all", base: "500ms", most: "1m30s", res: "1h", want: pod.Tuning{Base: 500 * time.Millisecond, Cap: 90 * time.Second, Reset: time.Hour}},
		{name: "equal", base: "1s", most: "1s", want: pod.Tuning{Base: time.Second, Cap: time.Second}},
		{name: "only cap", most: "1s", want: pod.Tuning{Cap: time.Second}},
		{name: "not durations", base: "5", most: "soon", res: "1m", want: pod.Tuning{Reset: time.Minute},
			err: `metadata.annotations[coracle.dev/restart-backoff-base]: "5": must be a duration above 0 such as 500ms, 10s or 5m; ` +
				`metadata.annotations[coracle.dev/restart-backoff-cap]: "soon": must be a duration above 0 such as 500ms, 10s or 5m`},
		{name: "zero and negative", base: "0s", res: "-1s",
			err: `metadata.annotations[coracle.dev/restart-backoff-base]: "0s": must be a duration above 0 such as 500ms, 10s or 5m; ` +
				`metadata.annotations[coracle.dev/restart-backoff-reset]: "-1s": must be a duration above 0 such as 500ms, 10s or 5m`},
		{name: "cap below base", base: "10s", most: "5s", want: pod.Tuning{Base: 10 * time.Second},
			err: `metadata.annotations[coracle.dev/restart-backoff-cap]: "5s": must be no shorter than coracle.dev/restart-backoff-base, which is 10s`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &pod.Pod{Meta: labels.Meta{Annotations: map[string]string{"other": "x"}}}
			for key, value := range map[string]string{pod.BackOffBaseAnnotation: tt.base, pod.BackOffCapAnnotation: tt.most, pod.BackOffResetAnnotation: tt.res} {
				if value != "" {
					p.Annotations[key] = value
				}
			}
			got, err := p.RestartTuning()
			require.Equal(t, tt.want, got)
			if tt.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.err)
			}
		})
	}
}

package docker

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// A crash between the making of volumes and that of their infra container leaves
// volumes that no list of containers shows.
func TestSweepRemovesVolumesOfNobody(t *testing.T) {
	t.Parallel()
	client := enginetest.Connect(t)
	instance := "test-" + rand.Text()[:8]
	enginetest.NothingLeft(t, client, labelInstance+"="+instance)
	r, err := New(Config{Instance: instance}, "n1")
	require.NoError(t, err)
	defer r.Close()
	other, err := New(Config{Instance: instance}, "n2")
	require.NoError(t, err)
	defer other.Close()
	engine, err := r.engine(t.Context())
	require.NoError(t, err)
	made := func(r *Runtime, uid string) {
		p := &pod.Pod{Meta: labels.Meta{Name: "p", UID: uid}, Spec: pod.Spec{Volumes: []pod.Volume{{Name: "v"}}}}
		_, err := engine.CreateVolume(r.volumeOptions(p, &p.Spec.Volumes[0]))
		require.NoError(t, err)
	}
	made(r, "orphan")
	made(r, "busy")
	made(other, "foreign")
	r.begin("busy")
	left := func() (names []string) {
		all, err := client.ListVolumes(docker.ListVolumesOptions{Filters: map[string][]string{"label": {labelInstance + "=" + instance}}, Context: t.Context()})
		require.NoError(t, err)
		for _, v := range all {
			names = append(names, v.Labels[labelUID])
		}
		return names
	}
	require.NoError(t, r.sweep(t.Context(), time.Now()))
	require.ElementsMatch(t, []string{"busy", "foreign"}, left())
	require.NoError(t, r.sweep(t.Context(), time.Now().Add(2*patience)))
	require.ElementsMatch(t, []string{"foreign"}, left())
	require.NoError(t, other.Remove(t.Context(), "foreign"), "a pod of which there is nothing else")
	require.Empty(t, left())
}

// An engine that refuses to count since it counts already has not counted for so long.
func TestCountAgain(t *testing.T) {
	begin := time.Now()
	end := begin.Add(10 * time.Second)
	refused := &docker.Error{Status: 500, Message: "a disk usage operation is already running"}
	require.Equal(t, end.Add(time.Second), countAgain(begin, end, refused))
	for _, err := range []error{nil, &docker.Error{Status: 500, Message: "no"}, context.DeadlineExceeded} {
		require.Greater(t, countAgain(begin, end, err).Sub(end), time.Minute, "%v", err)
	}
}

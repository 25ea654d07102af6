package endtoend_test

import (
	"context"
	"errors"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// An image that is not there yet: the container says so, then that it waits,
// and runs by itself once the registry has it.
func TestImageComesLate(t *testing.T) {
	t.Parallel()
	client := enginetest.Connect(t)
	registry := enginetest.NewRegistry(t)
	image := registry.Host + "/team/late:1"
	t.Cleanup(func() {
		err := client.RemoveImageExtended(image, engine.RemoveImageOptions{Context: context.Background()})
		if !errors.Is(err, engine.ErrNoSuchImage) {
			require.NoError(t, err)
		}
	})
	x := newCluster(t, newInstance(t, client), newNode("n1", ""))
	p := newPod("late", image, pod.RestartAlways, []string{"wait"})
	p.Spec.Containers[0].ImagePullPolicy = pod.PullIfNotPresent
	x.create(p)
	said := make(map[string]string)
	x.until("the pull has failed, and is waited for", func(view store.Reader) bool {
		p, err := view.Pods().Get("default", "late")
		if err == nil && len(p.Status.ContainerStatuses) > 0 {
			if w := p.Status.ContainerStatuses[0].State.Waiting; w != nil {
				said[w.Reason] = w.Message
			}
		}
		return said[lifecycle.ErrImagePull] != "" && said[lifecycle.ImagePullBackOff] != ""
	})
	require.Contains(t, said[lifecycle.ErrImagePull], "no such image in registry")
	require.Contains(t, said[lifecycle.ImagePullBackOff], "no such image in registry")
	registry.Push(t, enginetest.ToyImage(t, "team/late:1"))
	x.until("the pod runs", allReady(1))
	told := func(reason string) func() bool {
		return func() bool { return len(x.Events(orchestrator.EventFilter{Kind: "Pod", Reason: reason})) > 0 }
	}
	require.Eventually(t, told("Pulling"), patience, 10*time.Millisecond)
	require.Eventually(t, told("Pulled"), patience, 10*time.Millisecond)
}

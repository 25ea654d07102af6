package docker

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// What nobody asks for is forgotten, the oldest first, and the numbers stay right.
func TestNewsAreBounded(t *testing.T) {
	var n news
	for i := range newsKept + 5 {
		n.tell(orchestrator.PodEvent{Message: fmt.Sprint(i)})
	}
	events, last := n.after(0)
	require.Len(t, events, newsKept)
	require.EqualValues(t, newsKept+5, last)
	require.Equal(t, "5", events[0].Message)
	events, _ = n.after(last - 2)
	require.Equal(t, fmt.Sprint(newsKept+3), events[0].Message)
	require.Len(t, events, 2)
	events, _ = n.after(last)
	require.Empty(t, events)
	n.tell(orchestrator.PodEvent{Message: "new"})
	events, last = n.after(last)
	require.Len(t, events, 1)
	require.EqualValues(t, newsKept+6, last)
}

// A disk counts as full for a while after the engine said so, and no longer.
func TestDiskFull(t *testing.T) {
	r, err := newRuntime(Config{Endpoint: "tcp://10.0.0.1:2375"}, "n1")
	require.NoError(t, err)
	r.noteDisk(nil)
	r.noteDisk(errors.New("something else"))
	require.Equal(t, pod.False, r.diskPressure(time.Now()).Status)
	r.noteDisk(fmt.Errorf("pull: %w", errors.New("write /var/lib/docker/x: no space left on device")))
	now := time.Now()
	require.Equal(t, pod.True, r.diskPressure(now).Status)
	require.Equal(t, "EngineDiskFull", r.diskPressure(now).Reason)
	require.Equal(t, pod.False, r.diskPressure(now.Add(fullFor)).Status)
}

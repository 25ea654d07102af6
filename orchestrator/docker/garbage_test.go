package docker_test

import (
	"errors"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// An image that was pulled goes when nobody has used it for long enough. What is
// used, what was there before, and what somebody else named stays.
func TestUnusedImagesGo(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	was := x.push("team/was-there")
	require.NoError(t, x.engine.PullImage(engine.PullImageOptions{Repository: was, Context: x.ctx}, engine.AuthConfiguration{}))
	x.config.KeepImages = time.Second
	x.open()
	used, unused, named := x.push("team/used"), x.push("team/unused"), x.push("team/named")
	// On a slow engine an image may be unused for so long before its container is
	// made; then that fails, and is tried again.
	start := func(uid, image string, policy pod.PullPolicy) {
		require.Eventually(t, func() bool { return x.startImage(x.ctx, uid, image, policy) == nil }, patience, 20*time.Millisecond)
	}
	for uid, image := range map[string]string{"p0": was, "p1": used, "p2": unused, "p3": named} {
		start(uid, image, pod.PullAlways)
	}
	theirs := "coracle-test/" + x.config.Instance
	require.NoError(t, x.engine.TagImage(named, engine.TagImageOptions{Repo: theirs, Tag: "theirs", Context: x.ctx}))
	x.pulled = append(x.pulled, theirs+":theirs")
	for _, uid := range []string{"p0", "p2", "p3"} {
		require.NoError(t, x.Remove(x.ctx, uid))
	}
	there := func(image string) bool {
		_, err := x.engine.InspectImage(image)
		if !errors.Is(err, engine.ErrNoSuchImage) {
			require.NoError(t, err)
		}
		return err == nil
	}
	require.Eventually(t, func() bool { return !there(unused) }, patience, 20*time.Millisecond)

	// By another runtime, which knows of it by its mark alone. It looked at the others as well.
	x.open()
	start("p4", unused, pod.PullIfNotPresent)
	x.open()
	require.NoError(t, x.Remove(x.ctx, "p4"))
	require.Eventually(t, func() bool { return !there(unused) }, patience, 20*time.Millisecond)
	for _, image := range []string{was, used, named, theirs + ":theirs"} {
		require.True(t, there(image), image)
	}
	require.NoError(t, x.Remove(x.ctx, "p1"))
	require.Eventually(t, func() bool { return !there(used) }, patience, 20*time.Millisecond)
}

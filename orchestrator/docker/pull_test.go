package docker_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// puller is a rig with a registry.
type puller struct {
	*rig
	registry *enginetest.Registry
	pulled   []string // names of images to be removed when no container has them any more
}

func newPuller(t *testing.T) *puller {
	t.Helper()
	x := &puller{registry: enginetest.NewRegistry(t)}
	t.Cleanup(x.forgetImages)
	x.rig = newRig(t)
	return x
}

func (x *puller) forgetImages() {
	for _, name := range x.pulled {
		image, err := x.engine.InspectImage(name)
		if errors.Is(err, engine.ErrNoSuchImage) {
			continue
		}
		require.NoError(x, err)
		for _, tag := range image.RepoTags { // the marks of the runtime, too
			err := x.engine.RemoveImageExtended(tag, engine.RemoveImageOptions{Context: context.Background()})
			if !errors.Is(err, engine.ErrNoSuchImage) {
				require.NoError(x, err)
			}
		}
	}
}

// push gives the registry an image that waits, and returns the name to pull it by.
func (x *puller) push(repository string) string {
	x.Helper()
	name := x.registry.Push(x, enginetest.ToyImage(x, repository+":1", "wait"))
	x.pulled = append(x.pulled, name)
	return name
}

// newPod returns a pod without containers.
func newPod(uid string) *pod.Pod {
	return &pod.Pod{Meta: labels.Meta{UID: uid, Name: uid, Namespace: "default"}}
}

// startImage starts a pod of one container that waits.
func (x *puller) startImage(ctx context.Context, uid, image string, policy pod.PullPolicy) error {
	p := newPod(uid)
	c := pod.Container{Name: "main", Image: image, ImagePullPolicy: policy}
	p.Spec.Containers = []pod.Container{c}
	return x.Start(ctx, p, c)
}

// requireReason returns the text of an error that has a reason.
func requireReason(t testing.TB, why string, err error) string {
	t.Helper()
	var start *orchestrator.StartError
	require.ErrorAs(t, err, &start)
	require.Equal(t, why, start.Reason, "%v", err)
	return start.Err.Error()
}

func TestPullPolicies(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	name := x.push("team/policy")
	said := requireReason(t, lifecycle.ErrImageNeverPull, x.startImage(x.ctx, "p0", name, pod.PullNever))
	require.Contains(t, said, "imagePullPolicy is Never")
	require.Zero(t, x.registry.Pulls("team/policy"))

	require.NoError(t, x.startImage(x.ctx, "p1", name, pod.PullIfNotPresent))
	require.Equal(t, 1, x.registry.Pulls("team/policy"))
	require.NoError(t, x.startImage(x.ctx, "p2", name, pod.PullIfNotPresent))
	require.NoError(t, x.startImage(x.ctx, "p3", name, pod.PullNever))
	require.Equal(t, 1, x.registry.Pulls("team/policy"))
	require.NoError(t, x.startImage(x.ctx, "p4", name, pod.PullAlways))
	require.Equal(t, 2, x.registry.Pulls("team/policy"))
}

func TestPullFailures(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	for image, says := range map[string]string{
		"No/Such":              "has capital letters",
		"a:b:c":                "is no name of an image",
		"host:5000/team/app:":  "is no tag",
		"team/app@sha256:beef": "is no digest",
	} {
		said := requireReason(t, lifecycle.InvalidImageName, x.startImage(x.ctx, "p", image, pod.PullIfNotPresent))
		require.Contains(t, said, says, image)
	}
	missing := x.registry.Host + "/team/missing:1"
	said := requireReason(t, lifecycle.ErrImagePull, x.startImage(x.ctx, "p", missing, pod.PullAlways))
	require.Contains(t, said, "no such image in registry \""+x.registry.Host+"\"")
	x.registry.Fail(503)
	said = requireReason(t, lifecycle.ErrImagePull, x.startImage(x.ctx, "p", missing, pod.PullAlways))
	require.Contains(t, said, "pull image \""+missing+"\"")
	require.Empty(t, x.containers(x.ctx), "nothing is made for an image that is not there")
}

func TestPullCredentials(t *testing.T) {
	t.Parallel()
	for _, tokens := range []bool{false, true} {
		x := newPuller(t)
		name := x.push("team/private")
		x.registry.Require("me", "secret", tokens)
		start := func(with func(p *pod.Pod)) error {
			p := newPod("p")
			c := pod.Container{Name: "main", Image: name, ImagePullPolicy: pod.PullIfNotPresent}
			p.Spec.Containers = []pod.Container{c}
			with(p)
			return x.Start(x.ctx, p, c)
		}
		none := func(*pod.Pod) {}
		named := func(p *pod.Pod) { p.Spec.ImagePullSecrets = []pod.SecretName{{Name: "other"}, {Name: "private"}} }

		said := requireReason(t, lifecycle.ErrImagePull, start(none))
		require.Contains(t, said, "registry \""+x.registry.Host+"\" asks for credentials, and there are none for it")
		said = requireReason(t, lifecycle.ErrImagePull, start(named))
		require.Contains(t, said, `imagePullSecret "other": the host program has no secrets`)

		x.config.Credentials = docker.Credentials{x.registry.Host: {User: "me", Password: "wrong"}}
		x.open()
		said = requireReason(t, lifecycle.ErrImagePull, start(none))
		require.Contains(t, said, `does not take the credentials of user "me"`)

		x.config.Secret = func(_ context.Context, namespace, name string) (docker.Credentials, error) {
			require.Equal(t, "default", namespace)
			if name == "other" {
				return docker.Credentials{"other.example.com": {User: "you"}}, nil
			}
			return docker.Credentials{x.registry.Host: {User: "me", Password: "secret"}}, nil
		}
		x.open()
		require.NoError(t, start(named))
		require.Equal(t, 1, x.registry.Pulls("team/private"))
	}
}

// Those who wait for one image share one pull, and images wait for their turn.
func TestPullShared(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	x.config.Pulls = 1
	x.open()
	one, two := x.push("team/one"), x.push("team/two")
	release := x.registry.Hold(t)
	var group sync.WaitGroup
	errs := make([]error, 6)
	for i, image := range []string{one, one, one, one, one, two} {
		group.Go(func() { errs[i] = x.startImage(x.ctx, "p"+string(rune('0'+i)), image, pod.PullIfNotPresent) })
	}
	require.Eventually(t, func() bool { // all wait: who comes when a pull has just ended may begin another one
		told, err := x.Report(x.ctx, 0)
		return err == nil && len(told.Events) == len(errs) && x.registry.Blobs() > 0
	}, patience, time.Millisecond)
	require.Equal(t, 1, x.registry.Pulls("team/one")+x.registry.Pulls("team/two"))
	release()
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 1, x.registry.Pulls("team/one"))
	require.Equal(t, 1, x.registry.Pulls("team/two"))
}

// A pull outlives the call that began it; the next call joins it, or takes what came of it.
func TestPullGoesOn(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	name := x.push("team/slow")
	release := x.registry.Hold(t)
	for _, uid := range []string{"first", "second"} {
		ctx, cancel := context.WithCancel(x.ctx)
		left := make(chan error, 1)
		go func() { left <- x.startImage(ctx, uid, name, pod.PullAlways) }()
		require.Eventually(t, func() bool {
			told, err := x.Report(x.ctx, 0)
			return err == nil && x.registry.Blobs() > 0 &&
				slices.ContainsFunc(told.Events, func(e orchestrator.PodEvent) bool { return e.UID == uid && e.Reason == "Pulling" })
		}, patience, time.Millisecond, "it waits for the pull, which is under way")
		cancel()
		err := <-left
		var start *orchestrator.StartError
		require.ErrorAs(t, err, &start)
		require.True(t, start.Unfinished, "%v", err)
	}
	require.Equal(t, 1, x.registry.Pulls("team/slow"))
	release()
	require.NoError(t, x.startImage(x.ctx, "p", name, pod.PullAlways))
	require.Equal(t, 1, x.registry.Pulls("team/slow"), "the pull was joined")
}

// Close ends what is pulled.
func TestPullEnds(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	name := x.push("team/cut")
	x.registry.Hold(t)
	failed := make(chan error, 1)
	go func() { failed <- x.startImage(x.ctx, "p", name, pod.PullIfNotPresent) }()
	require.Eventually(t, func() bool { return x.registry.Blobs() > 0 }, patience, time.Millisecond)
	require.NoError(t, x.Close())
	require.ErrorIs(t, <-failed, context.Canceled)
}

// The infra image can come from a registry too.
func TestInfraImageOfChoice(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	x.config.InfraImage = x.push("team/infra")
	x.open()
	x.registry.Fail(503)
	requireReason(t, lifecycle.ErrImagePull, x.startImage(x.ctx, "p", x.image, pod.PullNever))
	x.registry.Fail(0)
	require.NoError(t, x.startImage(x.ctx, "p", x.image, pod.PullNever))
	require.Equal(t, 1, x.registry.Pulls("team/infra"))
}

// What is pulled for a pod is told, once, and the disk has room.
func TestPullIsReported(t *testing.T) {
	t.Parallel()
	x := newPuller(t)
	require.NoError(t, x.startImage(x.ctx, "p", x.push("team/told"), pod.PullIfNotPresent))
	told, err := x.Report(x.ctx, 0)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(told.Events), 2)
	end := len(told.Events) - 1
	for _, e := range told.Events[:end] { // the first is its beginning; a slow engine's have how far it has come
		require.Equal(t, "Pulling", e.Reason)
	}
	require.Equal(t, "Pulled", told.Events[end].Reason)
	require.Equal(t, "p", told.Events[end].UID)
	require.Contains(t, told.Events[end].Message, "team/told:1\" in ")
	require.Equal(t, pod.False, told.Conditions[0].Status)
	told, err = x.Report(x.ctx, told.Last)
	require.NoError(t, err)
	require.Empty(t, told.Events)

	x.config.MinDiskFree = 0.9999
	x.open()
	told, err = x.Report(x.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, node.DiskPressure, told.Conditions[0].Type)
	require.Equal(t, pod.True, told.Conditions[0].Status)
	require.Contains(t, told.Conditions[0].Message, "is free, less than 100.0%")
}

package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// The fields of a pod that stay as they are, by Update and by Apply: every one
// that was changed is named, with its value.
func TestImmutableFields(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		stored, err := r.c.Pods().Create(r.ctx(), webPod("web"))
		require.NoError(t, err)
		change := webPod("web")
		change.Spec.RestartPolicy = pod.RestartNever
		change.Spec.Hostname = "other"
		for verb, write := range map[string]func() error{
			"update": func() error { _, err := r.c.Pods().Update(r.ctx(), change); return err },
			"apply":  func() error { _, err := r.c.Pods().Apply(r.ctx(), change); return err },
		} {
			err := write()
			require.ErrorIs(t, err, orchestrator.ErrInvalid)
			require.ErrorContains(t, err, verb+` pod "default/web": invalid: spec.restartPolicy: "Never": `)
			var fields labels.FieldErrors
			require.ErrorAs(t, err, &fields)
			require.Len(t, fields, 2)
			require.Equal(t, "spec.restartPolicy", fields[0].Path)
			require.Equal(t, "Never", fields[0].Value)
			require.Equal(t, "spec.hostname", fields[1].Path)
		}
		require.Same(t, stored, r.pod("web"), "nothing was written")
	})
}

// Applying a manifest again changes nothing, and where it changes something the
// pod keeps its node and its status.
func TestApplyKeepsNodeAndStatus(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"))
		r.pass(time.Second)
		before := r.pod("web")
		require.Equal(t, pod.Running, before.Status.Phase)
		require.Same(t, before, r.apply(webPod("web"))[0])
		r.pass(time.Second)
		require.Same(t, before, r.pod("web"))

		relabelled := webPod("web")
		relabelled.Labels["tier"] = "front"
		r.apply(relabelled)
		after := r.pod("web")
		require.Equal(t, "front", after.Labels["tier"])
		require.Equal(t, before.Spec, after.Spec)
		require.Equal(t, before.Status, after.Status)
		require.Equal(t, before.Generation, after.Generation)
		r.pass(time.Minute)
		require.Zero(t, r.pod("web").Status.ContainerStatuses[0].RestartCount)
	})
}

// A pod that a controller owns keeps its owner when it is applied.
func TestApplyKeepsOwners(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webController("web", 1))
		r.pass(time.Second)
		owned := r.c.Pods().List(store.Filter{})[0]
		again := webPod("web")
		again.Name = owned.Name
		require.Equal(t, owned.OwnerReferences, r.apply(again)[0].Identity().OwnerReferences)
		r.pass(time.Second)
		require.Same(t, owned, r.pod(owned.Name), "nothing differs")
	})
}

// Several objects are applied together or not at all.
func TestApplyIsAllOrNothing(t *testing.T) {
	for _, run := range []bool{false, true} {
		bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
			if run {
				r.run()
				r.pass(time.Second)
			}
			existing := r.apply(webPod("old"))[0].(*pod.Pod)
			before := r.c.View().Revision()
			relabelled := webPod("old")
			relabelled.Labels["tier"] = "front"
			bad := webPod("bad")
			bad.Spec.Containers[0].Name = "Not a name"
			_, err := r.c.Apply(r.ctx(), namespace("team"), relabelled, webController("web", 3), bad)
			require.ErrorIs(t, err, orchestrator.ErrInvalid)
			require.ErrorContains(t, err, `apply pod "default/bad": invalid: spec.containers[0].name: "Not a name": `)
			r.pass(time.Second)
			_, err = r.c.Namespaces().Get("", "team")
			require.ErrorIs(t, err, orchestrator.ErrNotFound)
			require.Equal(t, existing.Labels, r.pod("old").Labels)
			require.Empty(t, r.c.Controllers().List(store.Filter{}))
			if !run {
				require.Equal(t, before, r.c.View().Revision())
			}
			require.Empty(t, r.c.Events(orchestrator.EventFilter{Kind: "ReplicationController"}))

			bad.Spec.Containers[0].Name = "main"
			applied, err := r.c.Apply(r.ctx(), namespace("team"), relabelled, webController("web", 3), bad)
			require.NoError(t, err)
			require.Len(t, applied, 4)
			require.Equal(t, "bad", applied[3].Identity().Name)
		})
	}
}

// Of two objects with one name the second is applied to the first.
func TestApplySeesItself(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		second := webPod("web")
		second.Labels["tier"] = "front"
		applied := r.apply(webPod("web"), second)
		require.Equal(t, applied[0].Identity().UID, applied[1].Identity().UID)
		require.Equal(t, "front", r.pod("web").Labels["tier"])
		require.Len(t, r.c.Pods().List(store.Filter{}), 1)
	})
}

// A pod and its namespace in one call, in any order; what comes back is in the
// order of what was given.
func TestApplyCreatesInOrder(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.Namespace = "team"
		applied := r.apply(p, namespace("team"))
		require.Equal(t, "web", applied[0].Identity().Name)
		require.Equal(t, "team", applied[1].Identity().Name)
	})
}

// Succeeded and Failed are final, for clients too.
func TestStatusOfEndedPodIsFinal(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p, err := r.c.Pods().Create(r.ctx(), webPod("web"))
		require.NoError(t, err)
		ended := p.Copy()
		ended.Status.Phase = pod.Failed
		ended, err = r.c.Pods().UpdateStatus(r.ctx(), ended)
		require.NoError(t, err)
		for _, phase := range []pod.Phase{pod.Running, pod.Succeeded, "Gone"} {
			back := ended.Copy()
			back.Status.Phase = phase
			_, err = r.c.Pods().UpdateStatus(r.ctx(), back)
			require.ErrorIs(t, err, orchestrator.ErrInvalid)
			require.ErrorContains(t, err, "status.phase")
		}
		require.Same(t, ended, r.pod("web"))
	})
}

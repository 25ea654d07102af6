package orchtest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func emptyAtFirst(d *desk) {
	j := d.open()
	for range 2 {
		objects, revision, err := j.Load(d.Context())
		require.NoError(d, err)
		require.Empty(d, objects)
		require.Zero(d, revision)
		require.NoError(d, j.Close())
		j = d.open()
	}
}

func keepsEveryField(d *desk) {
	s := newStory(1)
	j := d.open()
	for i, kind := range store.Kinds() {
		d.append(j, []store.Change{s.put(object(kind, "full", i)), s.put(blankOf(kind, "bare"))})
	}
	d.reopen(j, s)
}

func namesDoNotClash(d *desk) {
	s := newStory(1)
	j := d.open()
	var changes []store.Change
	for _, kind := range store.Kinds() {
		for _, namespace := range []string{"a", "a-b", "b"} {
			for _, name := range []string{"a", "b", "a-b", "b.a", "a.b-c"} {
				o := blankOf(kind, name)
				if store.Namespaced(kind) {
					o.Identity().Namespace = namespace
				} else {
					o.Identity().Name += "." + namespace
				}
				changes = append(changes, s.put(o))
			}
		}
	}
	d.append(j, changes)
	d.reopen(j, s)
}

func lastChangeCounts(d *desk) {
	s := newStory(1)
	j := d.open()
	p := func(number int) labels.Object { return object(store.KindPod, "p", number) }
	other := object(store.KindPod, "other", 0)
	for _, changes := range [][]store.Change{
		{s.put(p(1)), s.put(p(2)), s.put(p(3))},
		{s.put(p(4)), s.put(other), s.remove(nameOf(other))},
		{s.remove(nameOf(p(0))), s.put(p(5)), s.put(p(6))},
		{s.put(p(7)), s.remove(nameOf(p(0)))},
		{s.put(p(8))},
		{s.put(p(9)), s.put(copyOf(other)), s.put(p(10)), s.remove(nameOf(p(0))), s.put(p(11))},
	} {
		d.append(j, changes)
	}
	d.reopen(j, s)
}

func revisionOutlivesObjects(d *desk) {
	s := newStory(1)
	j := d.open()
	d.append(j, []store.Change{s.put(object(store.KindNode, "n", 1)), s.put(object(store.KindPod, "p", 1))})
	d.append(j, []store.Change{s.remove(nameOf(blankOf(store.KindNode, "n"))), s.remove(nameOf(blankOf(store.KindPod, "p")))})
	j = d.reopen(j, s)
	d.append(j, []store.Change{s.put(object(store.KindPod, "p", 2))})
	d.reopen(j, s)
}

func largeBatch(d *desk) {
	s := newStory(1)
	j := d.open()
	var changes []store.Change
	for i := range 3000 {
		changes = append(changes, s.put(blankOf(store.KindPod, fmt.Sprintf("p-%d", i*7919%3000))))
	}
	long := blankOf(store.KindPod, "long")
	long.Identity().Annotations = map[string]string{"long": string(make([]byte, 1<<20))}
	d.append(j, append(changes, s.put(long)))
	j = d.reopen(j, s)
	changes = nil
	for key := range s.at().objects {
		changes = append(changes, s.remove(key))
	}
	d.append(j, changes)
	d.reopen(j, s)
}

func reloadEqualsMemory(d *desk) {
	for seed := range uint64(3) {
		d.dir = d.TempDir()
		s := newStory(seed)
		j := d.open()
		for n := range 60 {
			d.append(j, s.batch())
			if n%10 == 9 {
				j = d.reopen(j, s)
			}
		}
		require.NoError(d, j.Close())
	}
}

// lifeOfACluster keeps what a real orchestrator does in an hour of bad luck.
func lifeOfACluster(d *desk) {
	synctest.Test(d.T, func(t *testing.T) {
		d := &desk{T: t, h: d.h, dir: d.dir}
		machines := &fake.Machines{Scripts: fake.Scripts{
			{Pod: "crashing", Attempts: []fake.Script{{Runs: time.Minute, ExitCode: 3, Message: "out of luck"}}},
			{Attempts: []fake.Script{{Runs: 7 * time.Minute, OOM: true}}},
		}}
		j, err := d.h.Open(d.dir)
		require.NoError(t, err)
		o, err := orchestrator.New(orchestrator.Config{
			Dial: machines.Dial, Journal: j, Seed: 1,
			Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}, {Meta: labels.Meta{Name: "right"}}},
		})
		require.NoError(t, err)
		spec := pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}}
		replicas := 5
		_, err = o.Client().Apply(t.Context(),
			&pod.Pod{Meta: labels.Meta{Name: "crashing"}, Spec: spec},
			&replication.Controller{Meta: labels.Meta{Name: "web"}, Spec: replication.Spec{
				Replicas: &replicas, Template: &pod.Template{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}, Spec: spec},
			}})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx) }()
		time.Sleep(30 * time.Minute)
		require.NoError(t, o.Client().Nodes().Delete(ctx, "", "left", orchestrator.DeleteOptions{}))
		time.Sleep(30 * time.Minute)
		cancel()
		require.NoError(t, <-ended)

		view := o.Client().View()
		want := &story{revision: view.Revision(), objects: make(map[journalKey]labels.Object)}
		for _, kind := range store.Kinds() {
			for o := range view.All(kind, store.Filter{}) {
				want.objects[nameOf(o)] = o
			}
		}
		require.Greater(t, len(want.objects), replicas)
		j, err = d.h.Open(d.dir)
		require.NoError(t, err)
		d.require(j, want)
		require.NoError(t, j.Close())
	})
}

func loadedBelongsToTheCaller(d *desk) {
	s := newStory(1)
	j := d.open()
	d.append(j, []store.Change{s.put(object(store.KindPod, "p", 1))})
	for range 2 {
		require.NoError(d, j.Close())
		j = d.open()
		objects, _, err := j.Load(d.Context())
		require.NoError(d, err)
		require.Len(d, objects, 1)
		loaded := objects[0].(*pod.Pod)
		loaded.Labels["changed"] = "yes"
		loaded.Spec.Containers[0].Image = "changed"
		loaded.Name = "changed"
	}
	d.reopen(j, s)
}

func leavesChangesAlone(d *desk) {
	s := newStory(1)
	j := d.open()
	for range 20 {
		changes := s.batch()
		var before []labels.Object
		for _, c := range changes {
			before = append(before, copyOf(c.Object()))
		}
		d.append(j, changes)
		for i, c := range changes {
			require.Equal(d, before[i], c.Object())
		}
	}
}

func closedRefuses(d *desk) {
	s := newStory(1)
	j := d.open()
	d.append(j, s.batch())
	kept := s.at()
	require.NoError(d, j.Close())
	require.Error(d, j.Append(d.Context(), s.batch()))
	d.require(d.open(), kept)
}

func twoOpeners(d *desk) {
	s := newStory(1)
	j := d.open()
	d.append(j, s.batch())
	_, err := d.h.Open(d.dir)
	require.Error(d, err, "it is open already")
	if d.h.File != "" {
		require.ErrorContains(d, err, d.file())
	}
	d.append(j, s.batch())
	d.reopen(j, s)
}

package orchestrator_test

import (
	"context"
	"errors"
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
	"github.com/coracle-dev/coracle/service"
)

var errDiskFull = errors.New("disk full")

// everything returns all objects of a client's view, by kind and key.
func everything(view store.Reader) map[string]labels.Object {
	all := make(map[string]labels.Object)
	for _, kind := range store.Kinds() {
		for o := range view.All(kind, store.Filter{}) {
			all[fmt.Sprint(kind, " ", o.Identity().Namespace, "/", o.Identity().Name)] = o
		}
	}
	return all
}

// What a new orchestrator loads is what the old one had in memory.
func TestJournalReloadEqualsMemory(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{
			{Pod: "once", Attempts: []fake.Script{{Runs: time.Minute, ExitCode: 3, Message: "out of luck"}}},
			{Pod: "crashing", Attempts: []fake.Script{{Runs: time.Second, OOM: true}}},
		})
		once := webPod("once")
		once.Spec.RestartPolicy = pod.RestartNever
		r.apply(namespace("team"), webController("web", 4), once, webPod("crashing"),
			&service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{Ports: []service.Port{{Port: 80}}}},
			&service.Endpoints{Meta: labels.Meta{Name: "db", Annotations: map[string]string{"a": "b"}}})
		r.pass(5 * time.Minute)
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-2", orchestrator.DeleteOptions{}))
		require.NoError(t, r.c.Services().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{}))
		r.pass(5 * time.Minute)
		require.NoError(t, r.stop())
		require.Equal(t, 1, journal.closed)

		want := everything(r.c.View())
		require.Len(t, want, 2+2+1+4+2+1, "namespaces, nodes, controller, pods, endpoints")
		again := newRig(t, orchestrator.Config{
			Journal: journal.copyUntil(len(journal.batches)), Machines: []*node.Node{nodeNamed("node-0"), nodeNamed("node-1")},
		}, r.machines)
		require.Equal(t, want, everything(again.c.View()))
		require.Equal(t, r.c.View().Revision(), again.c.View().Revision())
	})
}

// With a journal everything goes on after a restart as if there had been none.
func TestRestartAdoptsWhatRuns(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		before, live := uids(r.c.Pods().List(store.Filter{})), r.machines.Live()
		require.NoError(t, r.stop())
		r.pass(time.Hour)

		again := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		again.apply(namespace("new"))
		again.run()
		again.pass(time.Minute)
		again.healthy(rc, 6)
		require.Equal(t, before, uids(again.c.Pods().List(store.Filter{})))
		require.Equal(t, live, r.machines.Live(), "the same attempts")
		for _, ref := range live {
			for _, name := range r.machines.Names() {
				require.LessOrEqual(t, r.machines.Node(name).Starts(ref), 1)
			}
		}
		_, err := again.c.Controllers().Patch(again.ctx(), "", "web", scaleTo(8))
		require.NoError(t, err)
		again.pass(time.Second)
		again.healthy(rc, 8)
		seen := make(map[string]string)
		for name, o := range everything(again.c.View()) {
			require.NotContains(t, seen, o.Identity().UID, name)
			seen[o.Identity().UID] = name
		}
	})
}

// Without a journal what ran before is not known, and is stopped.
func TestRestartWithoutJournalStopsWhatRuns(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		require.NoError(t, r.stop())

		again := newRig(t, orchestrator.Config{Seed: 2}, r.machines)
		again.apply(rc)
		again.run()
		again.pass(time.Minute)
		again.healthy(rc, 6)
		require.Len(t, again.events("RemovedLeftover"), 6)
	})
}

// A container that ended while nobody looked is restarted when somebody does.
func TestRestartFindsWhatEnded(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		rc := webController("web", 3)
		r.apply(rc)
		r.pass(time.Second)
		require.NoError(t, r.stop())
		r.machines.Node("node-0").Kill("*", "", 9)
		r.machines.Node("node-1").SetFaults(fake.Faults{Down: true})
		r.machines.Node("node-1").SetFaults(fake.Faults{})

		again := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		again.run()
		again.pass(time.Minute)
		again.healthy(rc, 3)
		for name, want := range map[string]int{"node-0": 1, "node-1": 1, "node-2": 0} {
			p := again.c.Pods().List(store.Filter{Node: name})[0]
			require.Equal(t, want, p.Status.ContainerStatuses[0].RestartCount, name)
		}
	})
}

// A node of the config that was on its way out is no obstacle to a restart.
func TestRestartWhileANodeLeaves(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}})
		rc := webController("web", 3)
		r.apply(rc)
		r.pass(time.Second)
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{}))
		r.pass(time.Second)
		require.NoError(t, r.stop())
		again := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		again.run()
		again.pass(time.Minute)
		_, err := again.c.Nodes().Get("", "node-1")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		again.healthy(rc, 3)
	})
}

func TestJournalThatCannotBeLoaded(t *testing.T) {
	broken := errors.New("checksum mismatch in /var/lib/x")
	_, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: unreadable{err: broken}})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "load journal: ")
}

type unreadable struct {
	orchestrator.Journal
	err error
}

func (u unreadable) Load(context.Context) ([]labels.Object, uint64, error) { return nil, 0, u.err }

// The first append is that of New: it adds the namespace and the nodes.
func TestJournalFailsInNew(t *testing.T) {
	journal := &recordedJournal{fails: func(int, []store.Change) error { return errDiskFull }}
	_, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: journal})
	require.ErrorIs(t, err, errDiskFull)
	require.Empty(t, journal.batches)
}

// A write before Run that the journal refuses is not there, and nothing follows it.
func TestJournalFailsBeforeRun(t *testing.T) {
	journal := &recordedJournal{}
	bubble(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.apply(webPod("kept"))
		journal.fails = func(int, []store.Change) error { return errDiskFull }
		_, err := r.c.Pods().Create(r.ctx(), webPod("lost"))
		require.ErrorIs(t, err, errDiskFull)
		require.False(t, r.exists("lost"))
		journal.fails = nil
		_, err = r.c.Pods().Create(r.ctx(), webPod("later"))
		require.ErrorIs(t, err, errDiskFull, "memory does not go on without the journal")
		require.True(t, r.exists("kept"), "reading works")
		require.ErrorIs(t, r.o.Run(r.ctx()), errDiskFull)
		require.Equal(t, 1, journal.closed)
		synctest.Wait()
		require.Empty(t, r.machines.Live())

		again := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		require.True(t, again.exists("kept"))
		require.False(t, again.exists("lost"))
	})
}

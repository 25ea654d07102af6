package orchestrator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

func TestEventsOfAPod(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"), webPod("other"))
		r.pass(time.Second)
		require.Equal(t, "Scheduled×1 Started×1", r.reasons("Pod", "web"))
		events := r.c.Events(orchestrator.EventFilter{UID: r.pod("web").UID, Reason: "Scheduled"})
		require.Len(t, events, 1)
		e := events[0]
		require.Equal(t, labels.Normal, e.Type)
		require.Regexp(t, "^assigned to node node-[0-2]$", e.Message)
		require.Equal(t, "default", e.Namespace)
		require.Equal(t, labels.Reference{
			APIVersion: "v1", Kind: "Pod", Namespace: "default", Name: "web",
			UID: r.pod("web").UID, ResourceVersion: e.InvolvedObject.ResourceVersion,
		}, e.InvolvedObject)
		require.Equal(t, 1, e.Count)
		require.True(t, e.FirstTimestamp.Equal(e.LastTimestamp))
		require.Equal(t, "scheduler", e.Source.Component)
		require.Empty(t, r.c.Events(orchestrator.EventFilter{Namespace: "team"}))
		require.Empty(t, r.c.Events(orchestrator.EventFilter{Kind: "Pod", Name: "node-0"}))
		require.NotEmpty(t, r.c.Events(orchestrator.EventFilter{Kind: "Node", Name: "node-0"}))
	})
}

// What happens again is the same event with a higher count and a later time.
func TestEventsAreCounted(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Node("node-1").SetFaults(fake.Faults{ListErr: errors.New("broken")})
		r.pass(time.Minute)
		events := r.c.Events(orchestrator.EventFilter{Name: "node-1", Reason: "RuntimeNotAnswering"})
		require.Len(t, events, 1)
		require.Greater(t, events[0].Count, 5)
		require.Equal(t, labels.Warning, events[0].Type)
		require.Greater(t, events[0].LastTimestamp.Sub(events[0].FirstTimestamp), 30*time.Second)
		r.pass(time.Minute)
		again := r.c.Events(orchestrator.EventFilter{Name: "node-1", Reason: "RuntimeNotAnswering"})
		require.Equal(t, events[0].Name, again[0].Name)
		require.Greater(t, again[0].Count, events[0].Count)
	})
}

// The limit is on different events: one that comes again and again drives out no other.
func TestEventsAreLimited(t *testing.T) {
	running(t, orchestrator.Config{Events: 20}, func(t *testing.T, r *rig) {
		r.machines.Node("node-1").SetFaults(fake.Faults{ListErr: errors.New("broken")})
		r.pass(2 * time.Hour)
		require.Len(t, r.events("NodeReady"), 3, "they are older than hundreds of repetitions")

		for i := range 100 {
			p := webPod(fmt.Sprintf("web-%d", i))
			r.apply(p)
		}
		r.pass(time.Minute)
		kept := r.c.Events(orchestrator.EventFilter{})
		require.GreaterOrEqual(t, len(kept), 20)
		require.LessOrEqual(t, len(kept), 40)
		for i := 1; i < len(kept); i++ {
			require.False(t, kept[i].LastTimestamp.Before(kept[i-1].LastTimestamp), "the least recent first")
		}
	})
}

func TestWatchEvents(t *testing.T) {
	running(t, orchestrator.Config{Events: 20}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"))
		r.pass(time.Second)
		ctx, cancel := context.WithCancel(r.ctx())
		var told []string
		ended := false
		go func() {
			for e := range r.c.WatchEvents(ctx, orchestrator.EventFilter{Kind: "Pod", Name: "web"}) {
				told = append(told, fmt.Sprintf("%s×%d", e.Reason, e.Count))
			}
			ended = true
		}()
		synctest.Wait()
		require.Equal(t, []string{"Scheduled×1", "Started×1"}, told, "those that are kept come first")
		for range 60 { // more than are kept, of which the watch is told each
			r.label("web", "tier", "front")
			r.machines.Node(r.pod("web").Spec.NodeName).Kill("web", "", 9)
			r.pass(6 * time.Minute)
		}
		require.Equal(t, "Started×61", told[len(told)-1])
		started := 0
		for _, text := range told {
			if text[:7] == "Started" {
				started++
			}
		}
		require.Equal(t, 61, started)
		require.False(t, ended)
		cancel()
		synctest.Wait()
		require.True(t, ended)

		for range r.c.WatchEvents(r.ctx(), orchestrator.EventFilter{}) {
			break // leaving ends it too
		}
	})
}

// The logger is told of warnings, and of the rest if it wants to know.
func TestLogger(t *testing.T) {
	for level, want := range map[slog.Level][]string{
		slog.LevelWarn:  {`level=WARN msg="list containers: broken" reason=RuntimeNotAnswering kind=Node namespace="" name=node-1 count=`},
		slog.LevelDebug: {"reason=RuntimeNotAnswering", "level=DEBUG msg=\"the runtime answers\" reason=NodeReady"},
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		running(t, orchestrator.Config{Logger: logger}, func(t *testing.T, r *rig) {
			r.machines.Node("node-1").SetFaults(fake.Faults{ListErr: errors.New("broken")})
			r.pass(time.Minute)
			require.NoError(t, r.stop())
			for _, line := range want {
				require.Contains(t, log.String(), line)
			}
			require.Equal(t, level == slog.LevelDebug, bytes.Contains(log.Bytes(), []byte("DEBUG")))
		})
	}
}

// What others record is told like the orchestrator's own events, with a count.
func TestRecord(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"))
		p := r.pod("web")
		for range 2 {
			r.c.Record(p, "watcher", labels.Event{Type: labels.Warning, Reason: "Odd", Message: "it is odd"})
		}
		r.pass(time.Second)
		events := r.c.Events(orchestrator.EventFilter{Kind: "Pod", Name: "web", UID: p.UID, Reason: "Odd"})
		require.Len(t, events, 1)
		require.Equal(t, 2, events[0].Count)
		require.Equal(t, labels.Warning, events[0].Type)
		require.Equal(t, "it is odd", events[0].Message)
		require.Equal(t, labels.EventSource{Component: "watcher"}, events[0].Source)
	})
}

// What is recorded is about the object as it is at the call, which belongs to the
// caller again, and may be about none.
func TestRecordKeepsNothing(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p := webPod("web")
		r.c.Record(p, "watcher", labels.Event{Reason: "Odd"})
		p.Name = "other"
		r.c.Record(nil, "watcher", labels.Event{Reason: "Odd", Message: "about nothing"})
		r.c.Record((*pod.Pod)(nil), "watcher", labels.Event{Reason: "Odd", Message: "about no pod"})
		r.pass(time.Second)
		events := r.c.Events(orchestrator.EventFilter{Reason: "Odd"})
		require.Len(t, events, 3)
		require.Equal(t, "web", events[0].InvolvedObject.Name)
		require.Zero(t, events[1].InvolvedObject)
		require.Zero(t, events[2].InvolvedObject)
	})
}

// What is recorded before Run is told when it runs.
func TestRecordBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
		require.NoError(t, err)
		o.Client().Record(webPod("web"), "watcher", labels.Event{Reason: "Odd", Message: "it is odd"})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx) }()
		synctest.Wait()
		require.Len(t, o.Client().Events(orchestrator.EventFilter{Reason: "Odd"}), 1)
		cancel()
		require.NoError(t, <-ended)
		o.Client().Record(webPod("web"), "watcher", labels.Event{Reason: "Late"})
	})
}

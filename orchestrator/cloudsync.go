package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// cloudSync keeps the nodes in line with the instances of a cloud.
type cloudSync struct {
	state    node.SyncState
	asking   uint64    // the list under way; 0: none
	answered bool      // be it with an error
	next     time.Time // when to ask again
	failures int       // in a row
	hinted   bool
	held     time.Time // until when no other list may confirm a deletion that is held; zero: none is
}

// stepCloud asks the cloud for its instances when that is due.
func (e *Engine) stepCloud(now time.Time) {
	if !e.cfg.SyncNodes {
		return
	}
	s := &e.sync
	if s.asking == 0 && (s.hinted || !s.next.After(now)) {
		s.hinted = false
		e.calls.last++
		s.asking = e.calls.last
		e.work = append(e.work, Work{ID: s.asking, Kind: WorkInstances})
	}
	if s.asking == 0 {
		e.timers.set(timerKey{cloudLoop, ""}, s.next)
	}
}

// instances takes in what the cloud says. An error says nothing about any node.
func (e *Engine) instances(r Result, now time.Time) {
	s := &e.sync
	s.asking, s.answered = 0, true
	if r.Err != nil {
		s.failures++
		s.next = now.Add(min(time.Second<<min(s.failures-1, 10), e.cfg.SyncPeriod))
		e.tellCloud(warning("CloudNotAnswering", "%v", r.Err), now)
		return
	}
	s.failures = 0
	s.next = now.Add(e.cfg.SyncPeriod)
	before := s.state
	if now.Before(s.held) {
		before = node.SyncState{} // too soon to agree: it may be the very same mistake
	}
	synced := node.Sync(e.head().Nodes().List(store.Filter{}), r.Instances, before, e.syncRules())
	s.state = synced.State
	for _, problem := range synced.Problems {
		if problem.Instance == "" {
			e.tellCloud(problem.Event(), now)
			continue
		}
		e.recorder.tell(problem.Event(), "cloud", "", now)
	}
	switch {
	case len(synced.Held) == 0:
		s.held = time.Time{}
	case now.Before(s.held):
		s.next = s.held
	default: // a whole period, whatever hints come
		s.held = s.next
	}
	e.follow(synced, now)
}

// follow writes what a sync found. What one node is refused does not hold up the others.
func (e *Engine) follow(synced node.Synced, now time.Time) {
	k := kinds[store.KindNode]
	for _, n := range synced.Create {
		e.try(n, func(tx *store.Tx) error {
			_, err := e.create(tx, k, n, now)
			return err
		}, now)
	}
	for _, n := range synced.Update {
		e.try(n, func(tx *store.Tx) error {
			old, err := keyOf(n).get(tx)
			if err != nil {
				return err
			}
			_, err = e.overwrite(tx, k, n, old, now)
			return err
		}, now)
	}
	for _, name := range synced.Delete {
		e.must(func(tx *store.Tx) error {
			_, err := e.delete(tx, objectKey{kind: store.KindNode, name: name}, DeleteOptions{}, now)
			return err
		})
		e.tellCloud(normal("InstanceGone", "instance %s is gone: its node goes, and the pods on it", name), now)
	}
}

// try writes one node, or says why not.
func (e *Engine) try(n *node.Node, write func(tx *store.Tx) error, now time.Time) {
	if err := e.update(write); err != nil {
		e.tellCloud(warning(node.EventInstanceInvalid, "instance %s: %v", n.Name, err), now)
	}
}

// tellCloud records an event about the cloud.
func (e *Engine) tellCloud(what labels.Event, now time.Time) {
	what.InvolvedObject = labels.Reference{Kind: "Cloud", Name: e.cfg.Cloud.Name()}
	e.recorder.tell(what, "cloud", "", now)
}

func (e *Engine) syncRules() node.SyncRules {
	return node.SyncRules{Cloud: e.cfg.Cloud.Name(), Match: e.cfg.Match, MaxDelete: e.cfg.MaxDelete}
}

// errCloudNodes refuses nodes by hand.
var errCloudNodes = errors.New("nodes come from the cloud while SyncNodes is on")

// refuseByHand returns why a client may not create a node.
func (e *Engine) refuseByHand(o labels.Object) error {
	if _, ok := o.(*node.Node); ok && e.cfg.SyncNodes {
		return fmt.Errorf("%w: cloud %q: %w", errCloudNodes, e.cfg.Cloud.Name(), ErrInvalid)
	}
	return nil
}

// CloudHint says that the cloud's instances may have changed.
type CloudHint struct{}

func (CloudHint) applyTo(e *Engine, _ time.Time) { e.sync.hinted = true }

// askCloud lists the instances for Run.
func (w *workers) askCloud(item Work) {
	w.group.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, w.cfg.CallTimeout)
		defer cancel()
		result := Result{Work: item.ID}
		result.Instances, result.Err = w.cfg.Cloud.Instances(ctx)
		w.report(result)
	})
}

// watchCloud passes on the hints of the cloud, and runs one that has to be run.
func (w *workers) watchCloud() {
	if !w.cfg.SyncNodes {
		return
	}
	if runner, ok := w.cfg.Cloud.(CloudRunner); ok {
		w.group.Go(func() {
			if err := runner.Run(w.ctx); err != nil && w.ctx.Err() == nil {
				w.cfg.Logger.Warn("run cloud", "cloud", runner.Name(), "error", err)
			}
		})
	}
	changed := w.cfg.Cloud.Changed()
	w.group.Go(func() {
		for {
			select {
			case <-w.ctx.Done():
				return
			case _, open := <-changed:
				if !open {
					return
				}
				w.report(CloudHint{})
			}
		}
	})
}

// validateCloud checks the part of a config that is about the cloud.
func (c Config) validateCloud() error {
	switch {
	case c.SyncNodes && c.Cloud == nil:
		return configError("SyncNodes", true, "needs a Cloud")
	case c.SyncNodes && len(c.Machines) > 0:
		return configError("Machines", len(c.Machines), "must be empty while SyncNodes is on: nodes come from the cloud")
	case c.SyncPeriod < 0:
		return configError("SyncPeriod", c.SyncPeriod, "must not be negative")
	case !c.SyncNodes:
		return nil
	}
	rules := node.SyncRules{Cloud: c.Cloud.Name(), Match: c.Match, MaxDelete: c.MaxDelete}
	if rules.Cloud == "" {
		return configError("Cloud", `""`, "must have a name")
	}
	if err := rules.Validate(); err != nil {
		return fmt.Errorf("config field Match: %w", err)
	}
	return nil
}

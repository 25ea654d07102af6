package orchtest_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

var journalMutants = map[string]journalMutant{
	"never-empty": {fails: []string{"EmptyAtFirst"}, loads: func(o []labels.Object, r uint64) ([]labels.Object, uint64) {
		return append(o, &labels.Namespace{Meta: labels.Meta{Name: "ghost"}}), r
	}},
	"first-revision-is-1": {fails: []string{"EmptyAtFirst"}, loads: func(o []labels.Object, r uint64) ([]labels.Object, uint64) {
		return o, max(r, 1)
	}},
	"forgets-annotations": {fails: []string{"KeepsEveryField", "ReloadEqualsMemory"}, loads: eachLoaded(func(o labels.Object) {
		o.Identity().Annotations = nil
	})},
	"forgets-states": {fails: []string{"KeepsEveryField", "LifeOfACluster"}, loads: eachLoaded(func(o labels.Object) {
		if p, ok := o.(*pod.Pod); ok {
			p.Status.ContainerStatuses = nil
		}
	})},
	"forgets-nanoseconds": {fails: []string{"KeepsEveryField"}, loads: eachLoaded(func(o labels.Object) {
		o.Identity().CreationTimestamp = o.Identity().CreationTimestamp.Truncate(1e9)
	})},
	"revision-of-objects": {fails: []string{"RevisionOutlivesObjects"}, loads: func(o []labels.Object, _ uint64) ([]labels.Object, uint64) {
		var newest uint64
		for _, o := range o {
			newest = max(newest, o.Identity().ResourceVersion)
		}
		return o, newest
	}},
	"names-without-namespace": {fails: []string{"NamesDoNotClash"}, loads: func(o []labels.Object, r uint64) ([]labels.Object, uint64) {
		byName := make(map[string]labels.Object)
		for _, o := range o {
			byName[string(store.KindOf(o))+o.Identity().Name] = o
		}
		return slices.Collect(maps.Values(byName)), r
	}},
	"first-change-counts": {fails: []string{"LastChangeCounts"}, keeps: func(batch []store.Change) []store.Change {
		seen := make(map[string]store.Change)
		for i, c := range batch {
			m := c.Object().Identity()
			key := string(c.Kind) + "/" + m.Namespace + "/" + m.Name
			if first, ok := seen[key]; ok {
				batch[i].Old, batch[i].New = first.Old, first.New
			}
			seen[key] = batch[i]
		}
		return batch
	}},
	"a-thousand-at-most": {fails: []string{"LargeBatch"}, loads: func(o []labels.Object, r uint64) ([]labels.Object, uint64) {
		return o[:min(len(o), 1000)], r
	}},
	"loads-twice": {fails: []string{"ReloadEqualsMemory"}, loads: func(o []labels.Object, r uint64) ([]labels.Object, uint64) {
		return append(o, o...), r
	}},
	"shares-what-it-loads": {fails: []string{"LoadedBelongsToTheCaller"}, loads: sharing()},
	"marks-what-it-has": {fails: []string{"LeavesChangesAlone"}, spoils: func(batch []store.Change) {
		batch[0].Object().Identity().Annotations = map[string]string{"kept": "yes"}
	}},
	"takes-when-closed": {fails: []string{"ClosedRefuses"}, closes: true},
	"opens-twice": {fails: []string{"TwoOpeners"}, opens: func(_ string, err error) (orchestrator.Journal, error) {
		if errors.Is(err, bolt.ErrLocked) {
			return &fake.Journal{}, nil
		}
		return nil, err
	}},
	"nameless": {fails: []string{"TwoOpeners", "FlippedBytes", "CutOff"}, opens: func(_ string, err error) (orchestrator.Journal, error) {
		return nil, errors.New("it can't be opened")
	}},
	"begins-anew": {fails: []string{"FlippedBytes", "CutOff"}, opens: func(dir string, err error) (orchestrator.Journal, error) {
		if errors.Is(err, bolt.ErrDamaged) {
			if err := os.Remove(filepath.Join(dir, "state.db")); err != nil {
				return nil, err
			}
			return openMutant(dir, journalMutant{})
		}
		return nil, err
	}},
	"torn-is-new": {fails: []string{"TornWrites"}, opens: func(_ string, err error) (orchestrator.Journal, error) {
		if errors.Is(err, bolt.ErrDamaged) {
			return &fake.Journal{}, nil
		}
		return nil, err
	}},
	"goes-on": {fails: []string{"DiskFull"}, goesOn: true},
	"lazy":    {fails: []string{"KilledDuringAppend"}, lazy: true},
	"halves":  {fails: []string{"KilledDuringAppend"}, halves: true},
}

// eachLoaded changes every object that is loaded.
func eachLoaded(change func(labels.Object)) func([]labels.Object, uint64) ([]labels.Object, uint64) {
	return func(objects []labels.Object, r uint64) ([]labels.Object, uint64) {
		for _, o := range objects {
			change(o)
		}
		return objects, r
	}
}

// sharing returns the same objects for the same revision, whoever has them.
func sharing() func([]labels.Object, uint64) ([]labels.Object, uint64) {
	known := make(map[string][]labels.Object)
	return func(objects []labels.Object, r uint64) ([]labels.Object, uint64) {
		if r != 1 || len(objects) != 1 { // that of the test, of one pod
			return objects, r
		}
		key := string(store.KindOf(objects[0]))
		if known[key] == nil {
			known[key] = objects
		}
		return known[key], r
	}
}

package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// List, and watch from the revision of the list: nothing is missed between.
func ExampleStore_Watch() {
	s := exampleStore()
	view := s.View()
	fmt.Println(view.Pods().Len(), "pods")
	w, err := s.Watch(view.Revision())
	must(err)

	must(s.Update(func(tx *store.Tx) error {
		if err := tx.Delete(store.KindPod, "default", "db"); err != nil {
			return err
		}
		return tx.Create(&pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web-3"}})
	}))
	s.Take()
	s.Publish()

	changes, err := w.Next(context.Background())
	must(err)
	for _, c := range changes {
		fmt.Println(c.Revision, c.Type(), c.Kind, c.Object().Identity().Name)
	}
	// Output:
	// 3 pods
	// 4 DELETED Pod db
	// 5 ADDED Pod web-3
}

// A watcher that is too slow is told to start over.
func ExampleWatcher_Next() {
	s, err := store.New(store.Config{History: 2})
	must(err)
	w, err := s.Watch(0)
	must(err)
	for _, name := range []string{"a", "b", "c"} {
		must(s.Update(func(tx *store.Tx) error {
			return tx.Create(&pod.Pod{Meta: labels.Meta{Namespace: "default", Name: name}})
		}))
		s.Take()
		s.Publish()
	}
	_, err = w.Next(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrExpired))
	// Output:
	// watch store from revision 0: revision no longer available
	// true
}

// A watcher that is read in pieces knows how far it has come.
func ExampleWatcher_Revision() {
	s := exampleStore()
	w, err := s.Watch(1)
	must(err)
	_, err = w.Next(context.Background())
	must(err)
	fmt.Println(w.Revision())
	// Output: 3
}

// A change matters to who watches a selection if the object was in it, or is.
func ExampleFilter_Matches() {
	s := exampleStore()
	onNode1 := store.Filter{Node: "node-1"}
	w, err := s.Watch(0)
	must(err)
	changes, err := w.Next(context.Background())
	must(err)
	for _, c := range changes {
		was := c.Old != nil && onNode1.Matches(c.Old)
		is := c.New != nil && onNode1.Matches(c.New)
		if was || is {
			fmt.Println(c.Object().Identity().Name)
		}
	}
	// Output:
	// web-1
	// db
}

func ExampleChange_Type() {
	a, b := &pod.Pod{}, &pod.Pod{}
	for _, c := range []store.Change{{New: a}, {Old: a, New: b}, {Old: b}} {
		fmt.Println(c.Type())
	}
	// Output:
	// ADDED
	// MODIFIED
	// DELETED
}

// Object is what there is to say about a change in one line.
func ExampleChange_Object() {
	last := &pod.Pod{Meta: labels.Meta{Name: "web-1"}}
	c := store.Change{Revision: 7, Kind: store.KindPod, Old: last}
	fmt.Println(c.Type(), c.Object().Identity().Name)
	// Output: DELETED web-1
}

package store_test

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// must is for examples; a program looks at its errors.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// exampleStore returns a store with three published pods.
func exampleStore() *store.Store {
	s, err := store.New(store.Config{})
	must(err)
	must(s.Update(func(tx *store.Tx) error {
		for _, p := range []*pod.Pod{
			{Meta: labels.Meta{Namespace: "default", Name: "web-2", Labels: labels.Set{"app": "web"}},
				Spec: pod.Spec{NodeName: "node-2"}},
			{Meta: labels.Meta{Namespace: "default", Name: "web-1", Labels: labels.Set{"app": "web"}, UID: "0815"},
				Spec: pod.Spec{NodeName: "node-1"}},
			{Meta: labels.Meta{Namespace: "default", Name: "db", Labels: labels.Set{"app": "db"}},
				Spec: pod.Spec{NodeName: "node-1"}},
		} {
			if err := tx.Create(p); err != nil {
				return err
			}
		}
		return nil
	}))
	s.Take()
	s.Publish()
	return s
}

func ExampleNew() {
	s, err := store.New(store.Config{History: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.View().Revision(), s.View().Pods().Len())
	// Output: 0 0
}

// A transaction is committed as a whole, or not at all.
func ExampleStore_Update() {
	s := exampleStore()
	err := s.Update(func(tx *store.Tx) error {
		if err := tx.Delete(store.KindPod, "default", "db"); err != nil {
			return err
		}
		return tx.Create(&pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web-1"}})
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrExists))
	_, err = s.Head().Pods().Get("default", "db")
	fmt.Println("db is still there:", err == nil)
	// Output:
	// create pod "default/web-1": already exists
	// true
	// db is still there: true
}

// To change an object is to change a copy of it.
func ExampleTx_Update() {
	s := exampleStore()
	must(s.Update(func(tx *store.Tx) error {
		p, err := tx.Pods().Get("default", "web-1")
		if err != nil {
			return err
		}
		changed := *p
		changed.Status.Phase = pod.Running
		return tx.Update(&changed)
	}))

	// What was read before is refused now.
	stale, err := s.View().Pods().Get("default", "web-1")
	must(err)
	changed := *stale
	err = s.Update(func(tx *store.Tx) error { return tx.Update(&changed) })
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrConflict))
	// Output:
	// update pod "default/web-1": changed since it was read
	// true
}

func ExampleTx_Create() {
	s := exampleStore()
	p := &pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web-3"}}
	must(s.Update(func(tx *store.Tx) error { return tx.Create(p) }))
	fmt.Println(p.Name, "was written at revision", p.ResourceVersion)
	// Output: web-3 was written at revision 4
}

func ExampleTx_Delete() {
	s := exampleStore()
	must(s.Update(func(tx *store.Tx) error {
		return tx.Delete(store.KindPod, "default", "db")
	}))
	fmt.Println(s.Head().Pods().Len())
	// Output: 2
}

// The writer sees what it has committed at once, readers what was published.
func ExampleStore_Publish() {
	s := exampleStore()
	must(s.Update(func(tx *store.Tx) error {
		return tx.Delete(store.KindPod, "default", "db")
	}))
	for _, c := range s.Take() {
		fmt.Println("for the journal:", c.Revision, c.Type(), c.Object().Identity().Name)
	}
	fmt.Println(s.Head().Revision(), s.View().Revision())
	s.Publish()
	fmt.Println(s.Head().Revision(), s.View().Revision())
	// Output:
	// for the journal: 4 DELETED db
	// 4 3
	// 4 4
}

// A writer may go on while its journal is busy.
func ExampleStore_PublishUpTo() {
	s := exampleStore()
	var durable uint64
	for _, name := range []string{"a", "b"} {
		must(s.Update(func(tx *store.Tx) error {
			return tx.Create(&pod.Pod{Meta: labels.Meta{Namespace: "default", Name: name}})
		}))
		changes := s.Take()
		if name == "a" { // the journal has come as far as this
			durable = changes[len(changes)-1].Revision
		}
	}
	s.PublishUpTo(durable)
	fmt.Println(s.Head().Revision(), s.View().Revision())
	// Output: 5 4
}

// After a restart, a journal's objects go back into an empty store.
func ExampleStore_Load() {
	before := exampleStore().View()
	var kept []labels.Object
	for _, kind := range store.Kinds() {
		for o := range before.All(kind, store.Filter{}) {
			kept = append(kept, o)
		}
	}

	s, err := store.New(store.Config{})
	must(err)
	must(s.Load(kept, before.Revision()))
	fmt.Println(s.View().Revision(), s.View().Pods().Len())
	// Output: 3 3
}

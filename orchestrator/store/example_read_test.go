package store_test

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// A view stays as it is, whatever happens to the store.
func ExampleStore_View() {
	s := exampleStore()
	view := s.View()
	must(s.Update(func(tx *store.Tx) error {
		return tx.Delete(store.KindPod, "default", "db")
	}))
	s.Take()
	s.Publish()
	fmt.Println(view.Revision(), view.Pods().Len())
	fmt.Println(s.View().Revision(), s.View().Pods().Len())
	// Output:
	// 3 3
	// 4 2
}

// Head is for the writer, who need not wait for its own journal.
func ExampleStore_Head() {
	s := exampleStore()
	must(s.Update(func(tx *store.Tx) error {
		return tx.Create(&pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web-3"}})
	}))
	fmt.Println(s.Head().Pods().Len(), s.View().Pods().Len())
	// Output: 4 3
}

func ExampleTable_Get() {
	pods := exampleStore().View().Pods()
	p, err := pods.Get("default", "web-1")
	must(err)
	fmt.Println(p.Name, p.Spec.NodeName, p.ResourceVersion)

	_, err = pods.Get("default", "web-9")
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// web-1 node-1 2
	// get pod "default/web-9": not found
	// true
}

func ExampleTable_ByUID() {
	p, err := exampleStore().View().Pods().ByUID("0815")
	must(err)
	fmt.Println(p.Name)
	// Output: web-1
}

func ExampleTable_List() {
	selector, err := labels.Parse("app=web")
	must(err)
	for _, p := range exampleStore().View().Pods().List(store.Filter{Selector: selector}) {
		fmt.Println(p.Name)
	}
	// Output:
	// web-1
	// web-2
}

func ExampleTable_All() {
	for p := range exampleStore().View().Pods().All(store.Filter{Node: "node-1"}) {
		fmt.Println(p.Name)
	}
	// Output:
	// db
	// web-1
}

func ExampleTable_Len() {
	r := exampleStore().View()
	fmt.Println(r.Pods().Len(), r.Nodes().Len(), r.Len())
	// Output: 3 0 3
}

// Code that is generic over the kinds asks for its table by type.
func ExampleTableOf() {
	r := exampleStore().View()
	fmt.Println(count[*pod.Pod](r), count[*service.Service](r))
	// Output: 3 0
}

func count[T labels.Object](r store.Reader) int { return store.TableOf[T](r).Len() }

// A kind that is known only at run time.
func ExampleReader_Get() {
	o, err := exampleStore().View().Get("Pod", "default", "db")
	must(err)
	fmt.Printf("%T %s\n", o, o.Identity().Name)
	// Output: *pod.Pod db
}

func ExampleReader_All() {
	r := exampleStore().View()
	for _, kind := range store.Kinds() {
		for o := range r.All(kind, store.Filter{Namespace: "default"}) {
			fmt.Println(kind, o.Identity().Name)
		}
	}
	// Output:
	// Pod db
	// Pod web-1
	// Pod web-2
}

func ExampleKindOf() {
	kind := store.KindOf(&service.Service{})
	fmt.Println(kind, kind.Noun(), store.Namespaced(kind))
	fmt.Println(store.Namespaced(store.KindNode))
	// Output:
	// Service service true
	// false
}

func ExampleKinds() {
	fmt.Println(store.Kinds())
	// Output: [Namespace Node Pod ReplicationController Service Endpoints]
}

func ExampleError() {
	_, err := exampleStore().View().Pods().Get("default", "web-9")
	var failed *store.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Verb, failed.Kind, failed.Namespace, failed.Name)
	}
	// Output: get Pod default web-9
}

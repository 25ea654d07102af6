package kube

import (
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/testing"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// server is the least that an API server can be to a scheduler: it lists nodes and
// pods, binds a pod to a node, and tells who watches pods. Its pods are in a map,
// so that a binding costs much less than with a real one, which has etcd behind it.
type server struct {
	nodes corev1.NodeList
	names []string         // of all pods, in the order of the workload
	bound chan struct{}    // one for each binding
	watch chan watch.Event // of pods

	mu       sync.Mutex
	pods     map[string]*corev1.Pod
	revision int
}

// firstRevision is the resource version of everything in the beginning.
const firstRevision = "1"

func newServer(s workload.Size) *server {
	all := s.Shuffled()
	v := &server{
		bound: make(chan struct{}, len(all)),
		watch: make(chan watch.Event, len(all)),
		pods:  make(map[string]*corev1.Pod, len(all)),

		revision: 1,
	}
	v.nodes.ResourceVersion = firstRevision
	for _, n := range s.Machines() {
		v.nodes.Items = append(v.nodes.Items, *node(n))
	}
	for _, w := range all {
		v.names = append(v.names, w.Name)
		v.pods[w.Name] = pod(w)
	}
	return v
}

// client returns a client of the server. What the server does not know of, it has none of.
func (v *server) client() *fake.Clientset {
	c := fake.NewClientset()
	c.PrependReactor("list", "nodes", func(testing.Action) (bool, runtime.Object, error) {
		return true, v.nodes.DeepCopy(), nil
	})
	c.PrependReactor("list", "pods", func(testing.Action) (bool, runtime.Object, error) {
		return true, v.list(), nil
	})
	c.PrependReactor("create", "pods", func(a testing.Action) (bool, runtime.Object, error) {
		if a.GetSubresource() != "binding" {
			return false, nil, nil
		}
		b := a.(testing.CreateAction).GetObject().(*corev1.Binding)
		return true, b, v.bind(b)
	})
	c.PrependWatchReactor("pods", func(testing.Action) (bool, watch.Interface, error) {
		return true, watcher{v.watch}, nil
	})
	return c
}

// bind writes that a pod is on a node, with the condition that an API server adds.
func (v *server) bind(b *corev1.Binding) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	old := v.pods[b.Name]
	if old == nil || old.UID != b.UID || old.Spec.NodeName != "" {
		return apierrors.NewConflict(corev1.Resource("pods"), b.Name, nil)
	}
	p := old.DeepCopy()
	p.Spec.NodeName = b.Target.Name
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{
		Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
	})
	v.revision++
	p.ResourceVersion = strconv.Itoa(v.revision)
	v.pods[b.Name] = p
	v.watch <- watch.Event{Type: watch.Modified, Object: p.DeepCopy()}
	v.bound <- struct{}{}
	return nil
}

// list returns all pods.
func (v *server) list() *corev1.PodList {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(v.revision)}}
	for _, name := range v.names {
		list.Items = append(list.Items, *v.pods[name].DeepCopy())
	}
	return list
}

// placements returns where the pods are.
func (v *server) placements() []workload.Placement {
	var placed []workload.Placement
	for _, p := range v.list().Items {
		if p.Spec.NodeName != "" {
			placed = append(placed, workload.Placement{Owner: p.Labels["app"], Node: p.Spec.NodeName})
		}
	}
	return placed
}

// watcher hands out what happens until the program ends.
type watcher struct{ events chan watch.Event }

func (w watcher) ResultChan() <-chan watch.Event { return w.events }

func (w watcher) Stop() {}

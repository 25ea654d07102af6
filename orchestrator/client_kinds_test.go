package orchestrator_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// object is what every kind's type offers.
type object[T any] interface {
	comparable
	labels.Object
	Copy() T
	Default()
	Validate() error
	ValidateUpdate(old T) error
}

// sample is how to use objects of one kind in a test.
type sample[T any] struct {
	new       func(name string) T
	spec      func(T) // a legal change of the spec
	specSeen  func(T) bool
	status    func(T) // a change of the status; nil: there is none
	statusHas func(T) bool
	restless  bool // Run changes it too
}

// Every verb, for objects of every kind, before Run, while it runs, and after.
func TestClientVerbs(t *testing.T) {
	t.Run("pod", func(t *testing.T) {
		verbs(t, func(c *orchestrator.Client) orchestrator.Objects[*pod.Pod] { return c.Pods().Objects }, sample[*pod.Pod]{
			new: func(name string) *pod.Pod {
				p := webPod(name)
				p.Spec.NodeSelector = labels.Set{"no": "node"} // so that nothing happens to it
				return p
			},
			spec:      func(p *pod.Pod) { p.Spec.Containers[0].Image = "web:2" },
			specSeen:  func(p *pod.Pod) bool { return p.Spec.Containers[0].Image == "web:2" },
			status:    func(p *pod.Pod) { p.Status.Message = "hello" },
			statusHas: func(p *pod.Pod) bool { return p.Status.Message == "hello" },
			restless:  true,
		})
	})
	t.Run("controller", func(t *testing.T) {
		verbs(t, (*orchestrator.Client).Controllers, sample[*replication.Controller]{
			new:       func(name string) *replication.Controller { return webController(name, 0) },
			spec:      func(c *replication.Controller) { c.Spec.Template.Spec.Containers[0].Image = "web:2" },
			specSeen:  func(c *replication.Controller) bool { return c.Spec.Template.Spec.Containers[0].Image == "web:2" },
			status:    func(c *replication.Controller) { c.Status.ReadyReplicas = 7 },
			statusHas: func(c *replication.Controller) bool { return c.Status.ReadyReplicas == 7 },
			restless:  true,
		})
	})
	t.Run("service", func(t *testing.T) {
		verbs(t, (*orchestrator.Client).Services, sample[*service.Service]{
			new: func(name string) *service.Service {
				return &service.Service{Meta: labels.Meta{Name: name}, Spec: service.Spec{Ports: []service.Port{{Port: 80}}}}
			},
			spec:      func(s *service.Service) { s.Spec.Ports[0].Port = 81 },
			specSeen:  func(s *service.Service) bool { return s.Spec.Ports[0].Port == 81 },
			status:    func(s *service.Service) { s.Status.LoadBalancer.Ingress = []service.Ingress{{IP: "1.2.3.4"}} },
			statusHas: func(s *service.Service) bool { return len(s.Status.LoadBalancer.Ingress) == 1 },
		})
	})
	t.Run("endpoints", func(t *testing.T) {
		verbs(t, (*orchestrator.Client).Endpoints, sample[*service.Endpoints]{
			new: func(name string) *service.Endpoints { return &service.Endpoints{Meta: labels.Meta{Name: name}} },
			spec: func(s *service.Endpoints) {
				s.Subsets = []service.Subset{{Ports: []service.EndpointPort{{Port: 80}}, Addresses: []service.EndpointAddress{{IP: "10.1.2.3"}}}}
			},
			specSeen: func(s *service.Endpoints) bool { return len(s.Subsets) == 1 },
		})
	})
	t.Run("node", func(t *testing.T) {
		verbs(t, (*orchestrator.Client).Nodes, sample[*node.Node]{
			new:       nodeNamed,
			spec:      func(n *node.Node) { n.Spec.Unschedulable = true },
			specSeen:  func(n *node.Node) bool { return n.Spec.Unschedulable },
			status:    func(n *node.Node) { n.Status.Capacity = pod.Resources{pod.CPU: pod.MustParseQuantity("2")} },
			statusHas: func(n *node.Node) bool { return n.Status.Capacity[pod.CPU].Value() == 2 },
			restless:  true,
		})
	})
	t.Run("namespace", func(t *testing.T) {
		verbs(t, (*orchestrator.Client).Namespaces, sample[*labels.Namespace]{
			new:      func(name string) *labels.Namespace { return &labels.Namespace{Meta: labels.Meta{Name: name}} },
			spec:     func(n *labels.Namespace) { n.Spec.Finalizers = []string{"kubernetes"} },
			specSeen: func(n *labels.Namespace) bool { return len(n.Spec.Finalizers) == 1 },
		})
	})
}

func verbs[T object[T]](t *testing.T, of func(*orchestrator.Client) orchestrator.Objects[T], s sample[T]) {
	t.Run("before Run", func(t *testing.T) {
		bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) { useVerbs(t, r, of(r.c), s) })
	})
	t.Run("while Run runs", func(t *testing.T) {
		running(t, orchestrator.Config{}, func(t *testing.T, r *rig) { useVerbs(t, r, of(r.c), s) })
	})
	t.Run("after Run", func(t *testing.T) {
		running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
			_, err := of(r.c).Create(r.ctx(), s.new("one"))
			require.NoError(t, err)
			r.pass(time.Second)
			require.NoError(t, r.stop())
			refusesWrites(t, r, of(r.c), s)
		})
	})
}

// useVerbs creates an object, changes it in every way, and deletes it.
func useVerbs[T object[T]](t *testing.T, r *rig, objects orchestrator.Objects[T], s sample[T]) {
	ctx := r.ctx()
	one, err := objects.Create(ctx, s.new("one"))
	require.NoError(t, err)
	m := one.Identity()
	require.Equal(t, "one", m.Name)
	require.Len(t, m.UID, 36)
	require.NotZero(t, m.ResourceVersion)
	require.EqualValues(t, 1, m.Generation)
	require.True(t, m.CreationTimestamp.Equal(time.Now()), "%s, not %s", m.CreationTimestamp, time.Now())
	_, err = objects.Create(ctx, s.new("one"))
	require.ErrorIs(t, err, orchestrator.ErrExists)
	got, err := objects.Get("", "one")
	require.NoError(t, err)
	if !s.restless {
		require.Same(t, one, got)
	}
	_, err = objects.Create(ctx, s.new("another"))
	require.NoError(t, err)
	require.Subset(t, names(objects.List(store.Filter{})), []string{"another", "one"})

	updates(t, r, objects, s)
	statusUpdates(t, r, objects, s)

	require.NoError(t, objects.Delete(ctx, "", "one", orchestrator.DeleteOptions{Force: true}))
	r.pass(time.Second)
	if r.cancel == nil && store.KindOf(one) == store.KindNamespace {
		return // it goes when Run runs
	}
	_, err = objects.Get("", "one")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
	require.NotContains(t, names(objects.List(store.Filter{})), "one")
	for _, fails := range []func() error{
		func() error { return objects.Delete(ctx, "", "one", orchestrator.DeleteOptions{}) },
		func() error { _, err := objects.Update(ctx, s.new("one")); return err },
		func() error { _, err := objects.UpdateStatus(ctx, s.new("one")); return err },
		func() error { _, err := objects.Patch(ctx, "", "one", func(T) error { return nil }); return err },
	} {
		require.ErrorIs(t, fails(), orchestrator.ErrNotFound)
		require.ErrorContains(t, fails(), "one\"")
	}
	again, err := objects.Create(ctx, s.new("one"))
	require.NoError(t, err)
	require.NotEqual(t, m.UID, again.Identity().UID, "it is another one")
}

// updates changes labels and spec by Update, Patch and Apply.
func updates[T object[T]](t *testing.T, r *rig, objects orchestrator.Objects[T], s sample[T]) {
	ctx := r.ctx()
	r.pass(time.Millisecond) // Run has written what it had to: what is read now is not changed under our hands
	one, err := objects.Get("", "one")
	require.NoError(t, err)
	change := one.Copy()
	s.spec(change)
	change.Identity().Labels = labels.Set{"tier": "front"}
	updated, err := objects.Update(ctx, change)
	require.NoError(t, err)
	require.True(t, s.specSeen(updated))
	require.False(t, s.specSeen(one), "what was handed out stays as it is")
	require.Equal(t, labels.Set{"tier": "front"}, updated.Identity().Labels)
	require.EqualValues(t, one.Identity().Generation+1, updated.Identity().Generation)
	require.Greater(t, updated.Identity().ResourceVersion, one.Identity().ResourceVersion)
	require.Equal(t, one.Identity().UID, updated.Identity().UID)

	_, err = objects.Update(ctx, change)
	require.ErrorIs(t, err, orchestrator.ErrConflict, "the resource version is old")
	stranger := updated.Copy()
	stranger.Identity().UID, stranger.Identity().ResourceVersion = "00000000-0000-4000-8000-000000000000", 0
	_, err = objects.Update(ctx, stranger)
	require.ErrorIs(t, err, orchestrator.ErrConflict, "the uid is another's")

	patched, err := objects.Patch(ctx, "", "one", func(o T) error { o.Identity().Annotations = map[string]string{"a": "b"}; return nil })
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, patched.Identity().Annotations)
	require.True(t, s.specSeen(patched))
	no := errors.New("no")
	_, err = objects.Patch(ctx, "", "one", func(T) error { return no })
	require.ErrorIs(t, err, no)
	require.ErrorContains(t, err, "one\"")

	bad := patched.Copy()
	bad.Identity().Labels = labels.Set{"not a key": "x", "ok": "not a value"}
	for _, write := range []func() (T, error){
		func() (T, error) { return objects.Update(ctx, bad) },
		func() (T, error) { return objects.Apply(ctx, bad) },
		func() (T, error) { bad.Identity().Name = "bad"; return objects.Create(ctx, bad) },
	} {
		_, err = write()
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		var fields labels.FieldErrors
		require.ErrorAs(t, err, &fields)
		require.Len(t, fields, 2, "every error at once: %v", err)
	}

	applied := s.new("one")
	applied.Identity().Labels = labels.Set{"tier": "back"}
	first, err := objects.Apply(ctx, applied)
	require.NoError(t, err)
	require.False(t, s.specSeen(first), "the spec is what was applied")
	require.Equal(t, labels.Set{"tier": "back"}, first.Identity().Labels)
	r.pass(time.Second)
	first, err = objects.Get("", "one")
	require.NoError(t, err)
	second, err := objects.Apply(ctx, applied)
	require.NoError(t, err)
	require.Same(t, first, second, "nothing differs, so nothing is written")
}

// statusUpdates changes the status, which keeps the spec, and the other way round.
func statusUpdates[T object[T]](t *testing.T, r *rig, objects orchestrator.Objects[T], s sample[T]) {
	if s.status == nil {
		return
	}
	r.pass(time.Millisecond) // as in updates
	one, err := objects.Get("", "one")
	require.NoError(t, err)
	change := one.Copy()
	s.status(change)
	s.spec(change)
	change.Identity().Labels = labels.Set{"a": "b"}
	updated, err := objects.UpdateStatus(r.ctx(), change)
	require.NoError(t, err)
	require.True(t, s.statusHas(updated))
	require.False(t, s.specSeen(updated), "the spec stays")
	require.Equal(t, one.Identity().Labels, updated.Identity().Labels, "so do the labels")
	require.Equal(t, one.Identity().Generation, updated.Identity().Generation)
	if s.restless {
		return
	}
	spec := updated.Copy()
	s.spec(spec)
	updated, err = objects.Update(r.ctx(), spec)
	require.NoError(t, err)
	require.True(t, s.statusHas(updated), "an update keeps the status")
}

// refusesWrites checks what is left when Run has returned: reading.
func refusesWrites[T object[T]](t *testing.T, r *rig, objects orchestrator.Objects[T], s sample[T]) {
	ctx := r.ctx()
	one, err := objects.Get("", "one")
	require.NoError(t, err)
	require.Contains(t, names(objects.List(store.Filter{})), "one")
	for _, write := range []func() error{
		func() error { _, err := objects.Create(ctx, s.new("two")); return err },
		func() error { _, err := objects.Update(ctx, one); return err },
		func() error { _, err := objects.UpdateStatus(ctx, one); return err },
		func() error { _, err := objects.Apply(ctx, one); return err },
		func() error { _, err := objects.Patch(ctx, "", "one", func(T) error { return nil }); return err },
		func() error { return objects.Delete(ctx, "", "one", orchestrator.DeleteOptions{}) },
	} {
		require.ErrorIs(t, write(), orchestrator.ErrStopped)
	}
	again, err := objects.Get("", "one")
	require.NoError(t, err)
	require.Same(t, one, again)
}

func names[T labels.Object](objects []T) []string {
	var names []string
	for _, o := range objects {
		names = append(names, o.Identity().Name)
	}
	return names
}

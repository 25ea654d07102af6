package replication_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a namespace with some controllers and pods.
type world struct {
	controllers []*replication.Controller
	pods        []*pod.Pod
	now         time.Time
	made        int
}

// controller returns a controller as a client might write it, with its defaults.
func controller(name string, replicas int) *replication.Controller {
	c := &replication.Controller{Meta: labels.Meta{Name: name, UID: "uid-" + name, Generation: 1}}
	c.Spec.Replicas = &replicas
	c.Spec.Template = &pod.Template{
		Meta: labels.Meta{Labels: labels.Set{"app": name}},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "img"}}},
	}
	c.Default()
	return c
}

func (w *world) controller(name string) *replication.Controller {
	i := slices.IndexFunc(w.controllers, func(c *replication.Controller) bool { return c.Name == name })
	return w.controllers[i]
}

// add puts a pod into the namespace that the template of c describes.
func (w *world) add(p *pod.Pod) *pod.Pod {
	p.Namespace = cmp.Or(p.Namespace, labels.DefaultNamespace)
	if p.Name == "" {
		w.made++
		p.Name = fmt.Sprintf("%s%d", p.GenerateName, w.made)
	}
	if p.CreationTimestamp.IsZero() {
		p.CreationTimestamp = w.now
	}
	if p.Status.Phase == "" {
		p.Status.Phase = pod.Pending
	}
	w.pods = append(w.pods, p)
	return p
}

// run lets a pod run on a node, ready or not.
func (w *world) run(p *pod.Pod, node string, ready bool) {
	p.Spec.NodeName = node
	p.Status.Phase = pod.Running
	c := pod.Condition{Type: pod.Ready, Status: pod.False}
	if ready {
		c.Status = pod.True
	}
	p.Status.SetCondition(c, w.now)
}

func (w *world) plan(c *replication.Controller) replication.Actions {
	return replication.Plan(c, w.pods, w.now)
}

// apply does what a plan asks for. Deleted pods are gone at once.
func (w *world) apply(c *replication.Controller, a replication.Actions) {
	for _, p := range a.Adopt {
		w.pods[slices.Index(w.pods, p)] = replication.Adopt(c, p)
	}
	for _, p := range a.Release {
		w.pods[slices.Index(w.pods, p)] = replication.Release(c, p)
	}
	for _, p := range a.Delete {
		w.pods = slices.DeleteFunc(w.pods, func(o *pod.Pod) bool { return o.Name == p.Name })
	}
	for range a.Create {
		w.add(replication.NewPod(c))
	}
	c.Status = a.Status
}

// TestTranscripts plays the transcripts of testdata. Their commands:
//
//	controller NAME replicas=N minReady=SECONDS selector=app=x deleting
//	pod NAME app=x extra=y owner=CONTROLLER node=n1 age=5m namespace=x + one of
//	    ready, unready, pending (the default), failed, succeeded; and deleting.
//	    A failed one: ended=10s ago, reason=NodeLost
//	label POD key=value           changes a label
//	after D                       time passes
//	plan CONTROLLER               shows what is to be done
//	apply CONTROLLER              does it, and shows what there is
//	pods                          shows all pods
//	rollout FROM TO replicas=N surge=N unavailable=N
//	                              shows the next step and takes it
//	ready POD                     the pod runs and is ready
func TestTranscripts(t *testing.T) {
	transcript.Files(t, "testdata/*.txt", func(*testing.T) transcript.Handler {
		return (&world{now: t0}).handle
	})
}

func (w *world) handle(_ testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "controller":
		w.newController(c)
	case "pod":
		w.newPod(c)
	case "label":
		key, value, _ := strings.Cut(c.Word(1), ":")
		w.find(c.Word(0)).Labels[key] = value
	case "ready":
		w.run(w.find(c.Word(0)), "n1", true)
	case "after":
		d, err := time.ParseDuration(c.Word(0))
		if err != nil {
			c.Fatalf("%v", err)
		}
		w.now = w.now.Add(d)
	case "plan":
		return show(w.plan(w.controller(c.Word(0))), w.now)
	case "apply":
		rc := w.controller(c.Word(0))
		w.apply(rc, w.plan(rc))
		return w.show()
	case "pods":
		return w.show()
	case "rollout":
		return w.rollout(c)
	default:
		c.Unknown()
	}
	return ""
}

func (w *world) find(name string) *pod.Pod {
	return w.pods[slices.IndexFunc(w.pods, func(p *pod.Pod) bool { return p.Name == name })]
}

func (w *world) newController(c *transcript.Command) {
	rc := controller(c.Word(0), c.Int("replicas", 1))
	rc.Spec.MinReadySeconds = c.Int("minReady", 0)
	if key, value, ok := strings.Cut(c.Text("selector", ""), "="); ok {
		rc.Spec.Selector = labels.Set{key: value}
		rc.Spec.Template.Labels[key] = value
	}
	if c.Has("deleting") {
		rc.DeletionTimestamp = w.now
	}
	if c.Has("everything") {
		rc.Spec.Selector = nil
	}
	w.controllers = append(slices.DeleteFunc(w.controllers, func(o *replication.Controller) bool { return o.Name == rc.Name }), rc)
}

func (w *world) newPod(c *transcript.Command) {
	p := &pod.Pod{Meta: labels.Meta{Name: c.Word(0), Namespace: c.Text("namespace", ""), Labels: labels.Set{"app": c.Text("app", "web")}}}
	p.CreationTimestamp = w.now.Add(-c.Duration("age", time.Hour))
	p.Spec.NodeName = c.Text("node", "")
	if owner := c.Text("owner", ""); owner != "" {
		p.OwnerReferences = []labels.OwnerReference{{Kind: "Thing", Name: "x", UID: "uid-x"}, replication.Owner(w.controller(owner))}
	}
	switch {
	case c.Has("ready"):
		w.run(p, p.Spec.NodeName, true)
	case c.Has("unready"):
		w.run(p, p.Spec.NodeName, false)
	case c.Has("failed"):
		p.Status.Phase, p.Status.Reason = pod.Failed, c.Text("reason", "")
		p.Status.ContainerStatuses = []pod.ContainerStatus{{State: pod.ContainerState{
			Terminated: &pod.Terminated{FinishedAt: w.now.Add(-c.Duration("ended", time.Hour))},
		}}}
	case c.Has("succeeded"):
		p.Status.Phase = pod.Succeeded
	}
	_ = c.Has("pending")
	if c.Has("deleting") {
		p.DeletionTimestamp = w.now.Add(time.Minute)
	}
	w.add(p)
}

func show(a replication.Actions, now time.Time) string {
	var b strings.Builder
	for _, list := range []struct {
		verb string
		pods []*pod.Pod
	}{{"adopt", a.Adopt}, {"release", a.Release}, {"delete", a.Delete}} {
		for _, p := range list.pods {
			fmt.Fprintf(&b, "%s %s\n", list.verb, p.Name)
		}
	}
	if a.Create > 0 {
		fmt.Fprintf(&b, "create %d\n", a.Create)
	}
	s := a.Status
	fmt.Fprintf(&b, "status replicas=%d labeled=%d ready=%d available=%d\n", s.Replicas, s.FullyLabeledReplicas, s.ReadyReplicas, s.AvailableReplicas)
	for _, e := range a.Events {
		fmt.Fprintf(&b, "event %s %s: %s\n", e.Type, e.Reason, e.Message)
	}
	if !a.Wake.IsZero() {
		fmt.Fprintf(&b, "wake in %s\n", a.Wake.Sub(now))
	}
	return b.String()
}

// show lists the pods with what owns them.
func (w *world) show() string {
	var b strings.Builder
	for _, p := range w.pods {
		fmt.Fprintf(&b, "%s %s %s", p.Name, p.Labels, p.Status.Phase)
		for _, o := range p.OwnerReferences {
			fmt.Fprintf(&b, " owner=%s/%s", o.Kind, o.Name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// rollout takes one step, and has both controllers planned.
func (w *world) rollout(c *transcript.Command) string {
	from, to := w.controller(c.Word(0)), w.controller(c.Word(1))
	s := replication.Rollout(from, to, w.pods, replication.Rolling{
		Replicas: c.Int("replicas", 3), MaxSurge: c.Int("surge", 0), MaxUnavailable: c.Int("unavailable", 0),
	}, w.now)
	*from.Spec.Replicas, *to.Spec.Replicas = s.From, s.To
	w.apply(from, w.plan(from))
	w.apply(to, w.plan(to))
	text := fmt.Sprintf("%s=%d %s=%d", from.Name, s.From, to.Name, s.To)
	if s.Done {
		text += " done"
	}
	if !s.Wake.IsZero() {
		text += fmt.Sprintf(" wake in %s", s.Wake.Sub(w.now))
	}
	return text + "\n" + w.show()
}

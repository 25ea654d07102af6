package scheduler

import (
	"encoding/binary"
	"encoding/json"
	"reflect"

	"github.com/coracle-dev/coracle/pod"
)

// template is what the pods that were made alike have in common: all that
// schedulers may go by, worked out once.
type template struct {
	request *Request // of the first pod that was seen of it
	narrow  string   // what the filters and scorers of this package go by
	alone   bool     // its pods ask nothing of others

	// What follows belongs to the cluster that made it: a fork reads nothing of it.

	wide     string                         // what any other filters and scorers may go by; made when it is first asked for
	rank     *ranking                       // the one that was used last, to find it without looking
	places   map[string]map[string]struct{} // by topology: those with nodes that it may choose
	placesAt uint64                         // Cluster.moved when places were found
}

// templates finds the template of a pod.
type templates struct {
	// Pods that a controller made share their specification, which nobody
	// changes: they are recognised by where it lies. The template keeps its
	// first pod, so that nothing else can come to lie there.
	shared map[*pod.Container]*template
}

// maxTemplates bounds how many templates are remembered. Forgetting one costs
// the time to work it out again.
const maxTemplates = 1 << 14

// of returns the template of a pod.
func (ts *templates) of(p *pod.Pod) *template {
	if len(p.Spec.Containers) == 0 {
		return newTemplate(p)
	}
	at := &p.Spec.Containers[0]
	t := ts.shared[at]
	if t != nil && alike(t.request.Pod, p) {
		return t
	}
	if ts.shared == nil || len(ts.shared) >= maxTemplates {
		ts.shared = make(map[*pod.Container]*template)
	}
	t = newTemplate(p)
	ts.shared[at] = t
	return t
}

// alike reports whether two pods whose first containers lie at one place have
// everything else in one place, too: they were made from one template, and none
// of them was changed since.
func alike(p, q *pod.Pod) bool {
	return p.Namespace == q.Namespace &&
		len(p.Spec.Containers) == len(q.Spec.Containers) &&
		sameSlice(p.Spec.InitContainers, q.Spec.InitContainers) &&
		sameSlice(p.Spec.Tolerations, q.Spec.Tolerations) &&
		sameSlice(p.Spec.Volumes, q.Spec.Volumes) &&
		p.Spec.Affinity == q.Spec.Affinity && p.Spec.Rank() == q.Spec.Rank() &&
		sameSlice(p.Spec.TopologySpreadConstraints, q.Spec.TopologySpreadConstraints) &&
		sameOwner(p, q) &&
		sameMap(p.Spec.NodeSelector, q.Spec.NodeSelector) &&
		sameMap(p.Labels, q.Labels) && sameMap(p.Annotations, q.Annotations)
}

// sameSlice reports whether two slices are the very same.
func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// sameOwner reports whether both have the same controller, or none.
func sameOwner(p, q *pod.Pod) bool {
	a, owned := p.Controller()
	b, alsoOwned := q.Controller()
	return owned == alsoOwned && a.UID == b.UID
}

// sameMap reports whether two maps are the very same, or empty.
func sameMap[M ~map[string]string](a, b M) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer())
}

func newTemplate(p *pod.Pod) *template {
	r := NewRequest(p)
	alone := len(r.near)+len(r.away)+len(r.likesNear)+len(r.likesAway)+len(r.spreads) == 0
	return &template{request: r, narrow: string(r.shape(nil)), alone: alone}
}

// shape appends a text that is the same for two requests only if they are the
// same to every filter and scorer of this package.
func (r *Request) shape(b []byte) []byte {
	text := func(s string) { b = appendText(b, s) }
	for _, v := range []int64{r.Wants.MilliCPU, r.Wants.Memory, r.Wants.Storage} {
		b = binary.AppendVarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Wants.Other)))
	for _, o := range r.Wants.Other {
		text(string(o.Name))
		b = binary.AppendVarint(b, o.Milli)
	}
	b = binary.AppendUvarint(b, uint64(len(r.labels)))
	for _, l := range r.labels {
		text(l.key)
		text(l.value)
	}
	b = binary.AppendUvarint(b, uint64(len(r.ports)))
	for _, p := range r.ports {
		text(p.address.String())
		b = binary.AppendVarint(b, int64(p.port))
		text(string(p.protocol))
	}
	for _, t := range r.Spec.Tolerations {
		text(t.Key)
		text(string(t.Operator))
		text(t.Value)
		text(string(t.Effect))
	}
	b = append(b, '|')
	return r.affinityShape(b)
}

// appendText appends a text so that no other goes on as if it were it.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// all returns a text that is the same for two templates only if they are.
func (t *template) all() string {
	if t.wide == "" {
		p := t.request.Pod
		spec := p.Spec
		spec.NodeName = ""
		owner, _ := p.Controller()
		b, err := json.Marshal(struct {
			Namespace, Owner    string
			Labels, Annotations map[string]string
			Spec                pod.Spec
		}{p.Namespace, owner.UID, p.Labels, p.Annotations, spec})
		if err != nil { // a quantity that can't be written; nothing else is like this pod
			b = []byte(p.UID)
		}
		t.wide = string(b)
	}
	return t.wide
}

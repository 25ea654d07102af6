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
	likeness
	request *Request // of the first pod that was seen of it
	narrow  string   // what the filters and scorers of this package go by
	alone   bool     // its pods ask nothing of others

	// What follows belongs to the cluster that made it: a fork reads nothing of it.

	wide     string                         // what any other filters and scorers may go by; made when it is first asked for
	ranking  *ranking                       // the one that was used last, to find it without looking
	places   map[string]map[string]struct{} // by topology: those with nodes that it may choose
	placesAt uint64                         // Cluster.moved when places were found
}

// templates finds the template of a pod.
type templates struct {
	// Pods that a controller made share their specification, which nobody
	// changes: they are recognised by where it lies. The template keeps its
	// likeness, so that nothing else can come to lie there.
	shared map[*pod.Container]*template
	last   *template // that was found: a pod is placed right after it was asked about
}

// maxTemplates bounds how many templates are remembered. Forgetting one costs
// the time to work it out again.
const maxTemplates = 1 << 14

// of returns the template of a pod.
func (ts *templates) of(p *pod.Pod) *template {
	if len(p.Spec.Containers) == 0 {
		return newTemplate(p)
	}
	if ts.last != nil && ts.last.has(p) {
		return ts.last
	}
	at := &p.Spec.Containers[0]
	t := ts.shared[at]
	if t != nil && t.has(p) {
		ts.last = t
		return t
	}
	if ts.shared == nil || len(ts.shared) >= maxTemplates {
		ts.shared = make(map[*pod.Container]*template)
	}
	t = newTemplate(p)
	ts.shared[at], ts.last = t, t
	return t
}

// likeness is what the pods of a template have in one place: they were made from
// it, and none of them was changed since. It is kept apart from the first of them,
// close together, since it is compared with every pod that comes.
type likeness struct {
	namespace      string
	owner          string // the uid of the controller
	owned          bool
	rank           int32
	containers     []pod.Container
	initContainers []pod.Container
	tolerations    []pod.Toleration
	volumes        []pod.Volume
	affinity       *pod.Affinity
	spreads        []pod.TopologySpread
	selector       map[string]string
	labels         map[string]string
	annotations    map[string]string
}

func likenessOf(p *pod.Pod) likeness {
	owner, owned := p.Controller()
	return likeness{
		namespace: p.Namespace, owner: owner.UID, owned: owned, rank: p.Spec.Rank(),
		containers: p.Spec.Containers, initContainers: p.Spec.InitContainers, tolerations: p.Spec.Tolerations,
		volumes: p.Spec.Volumes, affinity: p.Spec.Affinity, spreads: p.Spec.TopologySpreadConstraints,
		selector: p.Spec.NodeSelector, labels: p.Labels, annotations: p.Annotations,
	}
}

// has reports whether a pod has everything in the same place.
func (l *likeness) has(p *pod.Pod) bool {
	return sameSlice(l.containers, p.Spec.Containers) && sameMap(l.labels, p.Labels) &&
		l.namespace == p.Namespace && l.hasOwner(p) &&
		sameMap(l.annotations, p.Annotations) && sameMap(l.selector, p.Spec.NodeSelector) &&
		sameSlice(l.initContainers, p.Spec.InitContainers) &&
		sameSlice(l.tolerations, p.Spec.Tolerations) &&
		sameSlice(l.volumes, p.Spec.Volumes) &&
		l.affinity == p.Spec.Affinity && l.rank == p.Spec.Rank() &&
		sameSlice(l.spreads, p.Spec.TopologySpreadConstraints)
}

// hasOwner reports whether a pod has the same controller, or has none either.
func (l *likeness) hasOwner(p *pod.Pod) bool {
	if len(p.OwnerReferences) == 0 {
		return !l.owned
	}
	owner, owned := p.Controller()
	return l.owned == owned && l.owner == owner.UID
}

// sameSlice reports whether two slices are the very same.
func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// sameMap reports whether two maps are the very same, or empty.
func sameMap(a, b map[string]string) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() || len(a) == 0 && len(b) == 0
}

func newTemplate(p *pod.Pod) *template {
	r := NewRequest(p)
	alone := len(r.near)+len(r.away)+len(r.likesNear)+len(r.likesAway)+len(r.spreads) == 0
	return &template{likeness: likenessOf(p), request: r, narrow: string(r.shape(nil)), alone: alone}
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

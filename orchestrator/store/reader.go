package store

import (
	"iter"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Reader is the state of a store at one revision. It does not change, however
// long it is kept, and costs nothing to copy. What it returns is shared: read
// it, and change only copies.
//
// A Reader from View may be used by any number of goroutines. The zero Reader
// is not usable.
type Reader struct {
	snap *snapshot
	tx   *Tx  // what to lay over snap; nil except inside an Update
	own  bool // it is the writer who reads
}

// Shared returns a Reader of the same state that any number of goroutines may use,
// as one from View: what the writer has of Head, and nobody else may see yet, it can
// hand out so. It must not be one of a transaction.
func (r Reader) Shared() Reader { return Reader{snap: r.snap} }

// snapshot is the committed state at one revision.
type snapshot struct {
	store    *Store
	revision uint64
	tables   [numKinds]array
	counts   [numKinds]int
}

// Revision returns how many changes led to this state. A Watch from here
// continues without a gap.
func (r Reader) Revision() uint64 {
	if r.tx != nil {
		return r.snap.revision + uint64(len(r.tx.changes))
	}
	return r.snap.revision
}

// Len returns how many objects there are, of all kinds.
func (r Reader) Len() int {
	n := 0
	for ordinal := range numKinds {
		n += r.snap.counts[ordinal]
		if r.tx != nil {
			n += r.tx.counts[ordinal]
		}
	}
	return n
}

// Pods returns the table of pods.
func (r Reader) Pods() Table[*pod.Pod] { return Table[*pod.Pod]{r, ordPod} }

// Nodes returns the table of nodes. They have no namespace.
func (r Reader) Nodes() Table[*node.Node] { return Table[*node.Node]{r, ordNode} }

// Controllers returns the table of replication controllers.
func (r Reader) Controllers() Table[*replication.Controller] {
	return Table[*replication.Controller]{r, ordController}
}

// Services returns the table of services.
func (r Reader) Services() Table[*service.Service] { return Table[*service.Service]{r, ordService} }

// Endpoints returns the table of endpoints.
func (r Reader) Endpoints() Table[*service.Endpoints] {
	return Table[*service.Endpoints]{r, ordEndpoints}
}

// Namespaces returns the table of namespaces. They are in no namespace themselves.
func (r Reader) Namespaces() Table[*labels.Namespace] {
	return Table[*labels.Namespace]{r, ordNamespace}
}

// Get returns an object of a kind that is known only at run time; the typed
// tables are the better way otherwise. The namespace is empty for nodes and
// namespaces. ErrNotFound if there is none.
func (r Reader) Get(kind Kind, namespace, name string) (labels.Object, error) {
	k := key{kind, namespace, name}
	if o := r.get(k); o != nil {
		return o, nil
	}
	return nil, k.failed("get", ErrNotFound)
}

// All walks the objects of a kind that is known only at run time: see Table.All.
// A kind that no store keeps has none.
func (r Reader) All(kind Kind, f Filter) iter.Seq[labels.Object] {
	i := kind.ordinal()
	if i == ordUnknown {
		return func(func(labels.Object) bool) {}
	}
	return r.all(i, f)
}

// live reports whether the index holds exactly the objects of r's snapshot.
func (r Reader) live() bool { return r.own && r.snap.store.head == r.snap }

func (r Reader) get(k key) labels.Object {
	if r.tx != nil && !r.tx.ended {
		o, _, _ := r.tx.newest(k)
		return o
	}
	if r.live() {
		if row := r.snap.store.index.row(k); row != nil {
			return row.newest
		}
		return nil
	}
	i := k.kind.ordinal()
	if i == ordUnknown {
		return nil
	}
	return r.snap.get(i, k.namespace, k.name)
}

// get looks an object up by its name.
func (v *snapshot) get(ordinal int, namespace, name string) labels.Object {
	row, ok := v.store.index.byName(ordinal, namespace, name, v.revision)
	if row != nil {
		if o := v.at(ordinal, row); o != nil {
			return o
		}
	}
	if !ok {
		for o := range v.tables[ordinal].all() {
			if m := o.Identity(); m.Name == name && m.Namespace == namespace {
				return o
			}
		}
	}
	return nil
}

// at returns the object of a row, or nil. In a snapshot of another time the slot
// may be that of another row.
func (v *snapshot) at(ordinal int, r *row) labels.Object {
	o := v.tables[ordinal].get(r.slot)
	if o == nil {
		return nil
	}
	if m := o.Identity(); m.Name != r.name || m.Namespace != r.namespace {
		return nil
	}
	return o
}

// at returns the object of a row as r's snapshot has it, or nil.
func (r Reader) at(ordinal int, row *row) labels.Object {
	if r.live() {
		return row.newest
	}
	return r.snap.at(ordinal, row)
}

func (r Reader) byUID(ordinal int, uid string) labels.Object {
	o := r.committedByUID(ordinal, uid)
	if r.tx == nil || r.tx.ended {
		return o
	}
	if o == nil {
		return r.tx.created(ordinal, uid)
	}
	m := o.Identity()
	newest, _, _ := r.tx.newest(key{kinds[ordinal], m.Namespace, m.Name})
	return withUID(newest, uid)
}

func (r Reader) committedByUID(ordinal int, uid string) labels.Object {
	row, ok := r.snap.store.index.byUID(ordinal, uid, r.snap.revision)
	if ok {
		if row == nil {
			return nil
		}
		return withUID(r.at(ordinal, row), uid)
	}
	for o := range r.snap.tables[ordinal].all() {
		if o.Identity().UID == uid {
			return o
		}
	}
	return nil
}

// withUID returns o if it has the uid, otherwise nil.
func withUID(o labels.Object, uid string) labels.Object {
	if o == nil || o.Identity().UID != uid {
		return nil
	}
	return o
}

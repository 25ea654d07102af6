// Package store keeps the objects of one cluster in memory: typed tables, one
// counter of revisions, transactions that happen or do not, and watches.
//
//	s, err := store.New(store.Config{})
//	err = s.Update(func(tx *store.Tx) error {   // all of this, or nothing
//		if err := tx.Create(web); err != nil {
//			return err
//		}
//		return tx.Delete(store.KindPod, "default", "old")
//	})
//	journal(s.Take())                           // what was committed
//	s.Publish()                                 // now others may see it
//
//	view := s.View()                            // any goroutine, from here on
//	p, err := view.Pods().Get("default", "web")
//	for p := range view.Pods().All(store.Filter{Node: "node-1"}) {
//		…
//	}
//	w, err := s.Watch(view.Revision())
//	changes, err := w.Next(ctx)
//
// # Objects
//
// A store keeps the kinds that Kinds lists: *labels.Namespace, *node.Node,
// *pod.Pod, *replication.Controller, *service.Service and *service.Endpoints. An object is named
// by kind, namespace and name. Nodes and namespaces are in no namespace; all
// others must be in one. The store checks that much, and leaves what objects mean to others.
//
// Create and Update take ownership: they set ResourceVersion, and from then on
// nobody writes to the object, neither the store nor its caller. Whatever
// comes out is the very pointer that went in, shared by all who read. So to
// change an object is to copy it, to change the copy, and to Update:
//
//	p, err := tx.Pods().Get("default", "web")
//	changed := *p                     // what is not changed may go on being shared
//	changed.Spec.NodeName = "node-1"
//	err = tx.Update(&changed)
//
// # Revisions
//
// Every change of every object has its own revision: the number of changes
// made to the store so far. The object bears it as ResourceVersion. An Update
// with the ResourceVersion of an older reading is refused with ErrConflict; with 0 it
// replaces whatever is there. A Reader has the revision of the last change in it, and a
// Watch from that revision continues where the Reader ends.
//
// # Two sides
//
// The writer's side belongs to one goroutine at a time. Update commits, and
// Head shows what is committed. Take returns what was committed since the last
// Take, for a journal. Publish shows it to the other side; PublishUpTo does so for
// a writer that does not wait for its journal. After a restart, Load fills an
// empty store with what the journal kept.
//
// The readers' side, View and Watch, may be used by any number of goroutines at
// any time. Readers see what was published and nothing else: what a journal may
// still fail to keep, nobody has seen. View is one atomic load. No reader and no
// watcher makes the writer wait for longer than it takes to read a few map entries, nor
// the writer a reader for longer than it takes to write some hundreds.
//
// # Reading
//
// A Reader is the whole store at one revision, and stays so. Reader.Pods and its
// like are its tables; TableOf is for code that is generic over the kinds, and
// Reader.Get and Reader.All for code that knows them only at run time. Lists are
// ordered by namespace, then by name.
//
// A Filter that names a node, an owner or a label that must be there costs what
// it finds, not what exists; any other walks the namespace. Readers older than the
// history that is kept for watchers walk the table, and put what they find in order. A
// transaction that has written already looks through its own writes in each list.
//
// # Watching
//
// Watchers share one history of published changes and hold nothing but the
// revision that they have seen. So a slow one costs nothing, and a forgotten one
// is just garbage. Who falls further behind than Config.History gets ErrExpired and
// starts over: View, list, and Watch from the revision of that View. A Watcher
// hands out all kinds of change; Filter.Matches tells which of them matter.
//
// # Errors
//
// ErrNotFound, ErrExists, ErrConflict and ErrExpired, wrapped in text that says
// what was done to which object. What concerns one object comes as an *Error.
//
// # Cost
//
// On one core and among 50,000 pods, some 180,000 updates a second are
// committed in transactions of a hundred, be they reports of status or bindings
// to nodes. In transactions of one it is two thirds of that, and of 50,000 more. The
// benchmarks say what it is on your machine.
//
// Versions live in one array for each kind, which shares what did not change with
// those of other revisions: see array. All that finds a place in it, by name, UID, node,
// owner or label, is kept beside it, once, for all revisions: see index.
package store

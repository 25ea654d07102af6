package orchestrator

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// applyTo carries out the operations in one transaction.
func (w *Write) applyTo(e *Engine, now time.Time) {
	if w.look != nil {
		w.look(e)
		return
	}
	w.Results = make([]labels.Object, 0, len(w.Operations))
	w.Err = e.update(func(tx *store.Tx) error {
		for _, op := range w.Operations {
			result, err := e.operate(tx, op, now)
			if err != nil {
				return err
			}
			w.Results = append(w.Results, result)
		}
		return nil
	})
	if w.Err != nil {
		w.Results = nil
	}
}

// operate carries out one operation. Its error names verb and object.
func (e *Engine) operate(tx *store.Tx, op Operation, now time.Time) (labels.Object, error) {
	if err := op.check(); err != nil {
		return nil, err
	}
	key := op.key()
	k := kinds[key.kind]
	if op.Verb.needsObject() {
		if err := e.checkSize(op.Object); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	var result labels.Object
	var err error
	switch op.Verb {
	case Create:
		result, err = e.createByHand(tx, k, op.Object, now)
	case Update, UpdateStatus:
		result, err = e.replace(tx, k, key, op, now)
	case Apply:
		result, err = e.apply(tx, k, key, op, now)
	case Delete:
		result, err = e.delete(tx, key, op.Options, now)
	case Bind:
		result, err = e.bindTo(tx, key, op.Node, now)
	}
	if told, ok := err.(*store.Error); ok && (objectKey{told.Kind, told.Namespace, told.Name}) == key {
		err = told.Err // it was looked up, or written, for what the operation says
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", op, err)
	}
	return result, err
}

// createByHand creates an object for a client.
func (e *Engine) createByHand(tx *store.Tx, k kind, o labels.Object, now time.Time) (labels.Object, error) {
	if err := e.refuseByHand(o); err != nil {
		return nil, err
	}
	if err := e.checkRoom(tx); err != nil {
		return nil, err
	}
	return e.create(tx, k, k.copy(o), now)
}

// create stores o, which the engine owns, as a new object.
func (e *Engine) create(tx *store.Tx, k kind, o labels.Object, now time.Time) (labels.Object, error) {
	m := o.Identity()
	if m.Namespace == "" && store.Namespaced(store.KindOf(o)) {
		m.Namespace = labels.DefaultNamespace
	}
	k.begin(o)
	k.fillIn(o)
	if err := k.validate(o); err != nil {
		return nil, invalid(err)
	}
	if err := admissible(tx, o); err != nil {
		return nil, err
	}
	if n, ok := o.(*node.Node); ok {
		n.StampTaints(nil, now)
	}
	return o, e.insert(tx, o, now)
}

// insert gives a complete object its name, uid and time, and stores it.
func (e *Engine) insert(tx *store.Tx, o labels.Object, now time.Time) error {
	m := o.Identity()
	if m.Name == "" {
		m.Name = m.GenerateName + e.suffix()
		for _, taken := keyOf(o).get(tx); taken == nil; _, taken = keyOf(o).get(tx) {
			m.Name = m.GenerateName + e.suffix()
		}
	}
	m.UID = e.uid()
	m.CreationTimestamp = now
	m.DeletionTimestamp, m.DeletionGracePeriodSeconds = time.Time{}, nil
	m.ResourceVersion, m.Generation = 0, 1
	if s, ok := o.(*service.Service); ok {
		if _, taken := keyOf(o).get(tx); taken != nil {
			if err := e.portals.assign(s, nil); err != nil {
				return err
			}
		}
	}
	return tx.Create(o)
}

// admissible checks a new object against others.
func admissible(tx *store.Tx, o labels.Object) error {
	if store.Namespaced(store.KindOf(o)) {
		ns, err := tx.Namespaces().Get("", o.Identity().Namespace)
		if err != nil {
			return err
		}
		if ns.Status.Phase == labels.NamespaceTerminating {
			return ErrTerminating
		}
	}
	if p, ok := o.(*pod.Pod); ok && p.Spec.NodeName != "" {
		if _, err := tx.Nodes().Get("", p.Spec.NodeName); err != nil {
			return fmt.Errorf("spec.nodeName: %w", err)
		}
	}
	return nil
}

// replace carries out Update and UpdateStatus.
func (e *Engine) replace(tx *store.Tx, k kind, key objectKey, op Operation, now time.Time) (labels.Object, error) {
	old, err := key.get(tx)
	if err != nil {
		return nil, err
	}
	o := k.copy(op.Object)
	if err := matches(old, o.Identity().UID, o.Identity().ResourceVersion); err != nil {
		return nil, err
	}
	if op.Verb == UpdateStatus {
		k.keepSpec(o, old)
		*o.Identity() = old.Identity().Copy()
		if err := k.validate(o); err != nil {
			return nil, invalid(err)
		}
		if k.validateStatus != nil {
			if err := k.validateStatus(o, old); err != nil {
				return nil, invalid(err)
			}
		}
		return o, tx.Update(o)
	}
	return e.overwrite(tx, k, o, old, now)
}

// apply carries out Apply.
func (e *Engine) apply(tx *store.Tx, k kind, key objectKey, op Operation, now time.Time) (labels.Object, error) {
	old, err := key.get(tx)
	if err != nil || op.Object.Identity().Name == "" {
		return e.createByHand(tx, k, op.Object, now)
	}
	if old.Identity().Deleting() {
		return nil, fmt.Errorf("it is being deleted: %w", ErrConflict)
	}
	o := k.copy(op.Object)
	k.fillIn(o)
	adopt(o, old)
	return e.overwrite(tx, k, o, old, now)
}

// adopt gives an applied object what the orchestrator filled into the stored one.
func adopt(o, old labels.Object) {
	o.Identity().OwnerReferences = old.Identity().OwnerReferences
	if p, ok := o.(*pod.Pod); ok && p.Spec.NodeName == "" {
		p.Spec.NodeName = old.(*pod.Pod).Spec.NodeName
	}
}

// overwrite stores o in the place of old, which keeps identity and status. It
// writes nothing where nothing differs.
func (e *Engine) overwrite(tx *store.Tx, k kind, o, old labels.Object, now time.Time) (labels.Object, error) {
	k.fillIn(o)
	k.keepStatus(o, old)
	if s, ok := o.(*service.Service); ok {
		s.Inherit(old.(*service.Service))
	}
	if n, ok := o.(*node.Node); ok {
		n.StampTaints(old.(*node.Node), now)
	}
	m, was := o.Identity(), old.Identity()
	kept := was.Copy()
	kept.Labels, kept.Annotations, kept.OwnerReferences = m.Labels, m.Annotations, m.OwnerReferences
	*m = kept
	same := k.sameSpec(o, old)
	if same && maps.Equal(m.Labels, was.Labels) && maps.Equal(m.Annotations, was.Annotations) &&
		slices.Equal(m.OwnerReferences, was.OwnerReferences) {
		return old, nil
	}
	if err := k.validate(o); err != nil {
		return nil, invalid(err)
	}
	if err := k.validateUpdate(o, old); err != nil {
		return nil, invalid(err)
	}
	if s, ok := o.(*service.Service); ok {
		if err := e.portals.assign(s, old.(*service.Service)); err != nil {
			return nil, err
		}
	}
	if !same {
		m.Generation++
	}
	return o, tx.Update(o)
}

// delete carries out Delete.
func (e *Engine) delete(tx *store.Tx, key objectKey, options DeleteOptions, now time.Time) (labels.Object, error) {
	old, err := key.get(tx)
	if err != nil {
		return nil, err
	}
	if err := matches(old, options.UID, options.ResourceVersion); err != nil {
		return nil, err
	}
	switch o := old.(type) {
	case *pod.Pod:
		if o.Spec.NodeName == "" || options.Force {
			return o, key.delete(tx)
		}
		return e.condemn(tx, o, options.Grace, now)
	case *node.Node:
		if options.Force {
			return o, key.delete(tx)
		}
		return leave(tx, o.Copy(), now)
	case *labels.Namespace:
		if o.Name == labels.DefaultNamespace {
			return nil, fmt.Errorf("the namespace %q is always there: %w", o.Name, ErrInvalid)
		}
		n := o.Copy()
		n.Status.Phase = labels.NamespaceTerminating
		return leave(tx, n, now)
	case *replication.Controller:
		if err := e.disown(tx, o, options, now); err != nil {
			return nil, err
		}
	case *service.Service:
		if e.balances(o) && !options.Force {
			return leave(tx, o.Copy(), now)
		}
		return o, e.dropService(tx, o)
	}
	return old, key.delete(tx)
}

// leave marks an object that goes when what depends on it has gone.
func leave(tx *store.Tx, o labels.Object, now time.Time) (labels.Object, error) {
	m := o.Identity()
	if m.Deleting() {
		return o, nil // asked for already
	}
	m.DeletionTimestamp = now
	return o, tx.Update(o)
}

// condemn asks for the end of a pod that is on a node.
func (e *Engine) condemn(tx *store.Tx, p *pod.Pod, grace *time.Duration, now time.Time) (labels.Object, error) {
	given := 30 * time.Second
	switch {
	case grace != nil:
		given = max(0, *grace)
	case p.Spec.TerminationGracePeriodSeconds != nil:
		given = time.Duration(*p.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	end := now.Add(given)
	if p.Deleting() && !end.Before(p.DeletionTimestamp) {
		return p, nil
	}
	gone := *p
	seconds := int64(given / time.Second)
	gone.DeletionTimestamp, gone.DeletionGracePeriodSeconds = end, &seconds
	return &gone, tx.Update(&gone)
}

// disown lets go of the pods of a controller that is being deleted, or takes them with it.
func (e *Engine) disown(tx *store.Tx, c *replication.Controller, options DeleteOptions, now time.Time) error {
	for _, p := range tx.Pods().List(store.Filter{Namespace: c.Namespace, Owner: c.UID}) {
		var err error
		if options.Cascade {
			_, err = e.delete(tx, keyOf(p), DeleteOptions{Grace: options.Grace, Force: options.Force}, now)
		} else {
			err = tx.Update(replication.Release(c, p))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bindTo carries out Bind.
func (e *Engine) bindTo(tx *store.Tx, key objectKey, nodeName string, now time.Time) (labels.Object, error) {
	p, err := tx.Pods().Get(key.namespace, key.name)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Nodes().Get("", nodeName); err != nil {
		return nil, err
	}
	switch {
	case p.Spec.NodeName == nodeName:
		return p, nil
	case p.Spec.NodeName != "":
		return nil, fmt.Errorf("it is on node %q: %w", p.Spec.NodeName, ErrConflict)
	case p.Deleting() || p.Status.Phase.Terminal():
		return nil, fmt.Errorf("it is ending: %w", ErrConflict)
	}
	return e.bind(tx, p, nodeName, now)
}

// matches checks the preconditions of a write.
func matches(o labels.Object, uid string, version uint64) error {
	m := o.Identity()
	switch {
	case uid != "" && uid != m.UID:
		return fmt.Errorf("its uid is %s, not %s: %w", m.UID, uid, ErrConflict)
	case version != 0 && version != m.ResourceVersion:
		return fmt.Errorf("its resource version is %d, not %d: %w", m.ResourceVersion, version, ErrConflict)
	}
	return nil
}

// invalid marks err as ErrInvalid; its labels.FieldErrors stay to be found.
func invalid(err error) error { return fmt.Errorf("%w: %w", ErrInvalid, err) }

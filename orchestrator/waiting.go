package orchestrator

import "slices"

// waiting are the pods that fit nowhere, in groups: where a pod of a group does
// not fit, none of the group does, so that only the first is tried again.
// Groups, and the pods in each, stay in the order in which they came. The zero
// value is empty.
type waiting struct {
	groups map[string]*queue[string] // uids, by group
	order  queue[string]             // the groups
	of     map[string]string         // the group of each uid
	social map[string]struct{}       // those that another pod may help by being placed
}

func (w *waiting) add(uid, group string, social bool) {
	if w.has(uid) {
		return
	}
	if w.groups == nil {
		w.groups, w.of = make(map[string]*queue[string]), make(map[string]string)
	}
	members := w.groups[group]
	if members == nil {
		members = new(queue[string])
		w.groups[group] = members
		w.order.add(group)
	}
	members.add(uid)
	w.of[uid] = group
	if social {
		if w.social == nil {
			w.social = make(map[string]struct{})
		}
		w.social[uid] = struct{}{}
	}
}

func (w *waiting) has(uid string) bool {
	_, ok := w.of[uid]
	return ok
}

func (w *waiting) remove(uid string) {
	group, ok := w.of[uid]
	if !ok {
		return
	}
	delete(w.of, uid)
	delete(w.social, uid)
	members := w.groups[group]
	if members.remove(uid); members.empty() {
		delete(w.groups, group)
		w.order.remove(group)
	}
}

func (w *waiting) empty() bool { return len(w.of) == 0 }

// members returns the uids of a group.
func (w *waiting) members(group string) []string {
	if members := w.groups[group]; members != nil {
		return slices.Clone(members.keys)
	}
	return nil
}

package orchestrator

import (
	"iter"
	"slices"
)

// waiting are the pods that fit nowhere, in groups: where a pod of a group does
// not fit, none of the group does, so that only the first is tried again.
// Groups, and the pods in each, stay in the order in which they came. The zero
// value is empty.
type waiting struct {
	groups map[string]*line    // uids, by group
	order  line                // the groups
	of     map[string]string   // the group of each uid
	social map[string]struct{} // those that another pod may help by being placed
}

// add adds a pod, or puts it into another group.
func (w *waiting) add(uid, group string, social bool) {
	if was, has := w.of[uid]; has && was == group {
		return
	} else if has {
		w.remove(uid)
	}
	if w.groups == nil {
		w.groups, w.of = make(map[string]*line), make(map[string]string)
	}
	members := w.groups[group]
	if members == nil {
		members = new(line)
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

// together reports whether two pods are in one group.
func (w *waiting) together(a, b string) bool {
	group, ok := w.of[a]
	return ok && w.has(b) && w.of[b] == group
}

func (w *waiting) empty() bool { return len(w.of) == 0 }

// members returns the uids of a group that there is.
func (w *waiting) members(group string) []string { return slices.Collect(w.groups[group].all()) }

// line is keys in the order in which they came, each once, that may leave from anywhere
// at the same small cost. The empty key is none. The zero value is empty.
type line struct {
	keys  []string       // empty where one has left
	place map[string]int // by key: where it is
}

func (l *line) add(key string) {
	if _, ok := l.place[key]; ok {
		return
	}
	if l.place == nil {
		l.place = make(map[string]int)
	}
	l.place[key] = len(l.keys)
	l.keys = append(l.keys, key)
}

func (l *line) remove(key string) {
	i, ok := l.place[key]
	if !ok {
		return
	}
	l.keys[i] = ""
	delete(l.place, key)
	if len(l.keys) > 2*len(l.place) {
		l.close()
	}
}

// close closes the gaps that were left.
func (l *line) close() {
	left := slices.Collect(l.all())
	*l = line{}
	for _, key := range left {
		l.add(key)
	}
}

// all yields the keys in order.
func (l *line) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, key := range l.keys {
			if key != "" && !yield(key) {
				return
			}
		}
	}
}

func (l *line) empty() bool { return len(l.place) == 0 }

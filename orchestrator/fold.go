package orchestrator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// fold merges a list into what is known and returns the uids of which
// something changed, sorted. What is in the list counts, except that an attempt
// which has ended never runs again; what is not in it is gone, unless a call on
// the pod ended after the list was asked for.
func (m *machine) fold(states []ContainerState, list uint64) (changed []string) {
	certain := len(m.touched)+len(m.removed) == 0
	if certain && len(m.last) > 0 && (same(m.last, states) || slices.EqualFunc(m.last, states, sameState)) {
		return nil // as it was, so that nothing needs to be looked up
	}
	m.last = nil
	if certain {
		defer func(list []ContainerState) {
			if len(changed) == 0 {
				m.last = list
			}
		}(states)
	}
	if len(m.removed) > 0 {
		states = slices.DeleteFunc(slices.Clone(states), func(s ContainerState) bool {
			_, was := m.removed[s.UID]
			return was
		})
	}
	if !slices.IsSortedFunc(states, byUID) {
		states = slices.Clone(states)
		slices.SortStableFunc(states, byUID)
	}
	pods := 0
	for from, to := 0, 0; from < len(states); from = to {
		uid := states[from].UID
		for to = from + 1; to < len(states) && states[to].UID == uid; to++ {
		}
		pods++
		known, now := m.seen[uid], states[from:to]
		if slices.EqualFunc(known, now, sameState) {
			continue
		}
		if merged, differs := merge(known, plain(now), m.touched[uid] > list); differs {
			m.seen[uid] = merged
			changed = append(changed, uid)
		}
	}
	if pods < len(m.seen) { // some are not in the list
		for uid := range m.seen {
			if _, ok := slices.BinarySearchFunc(states, ContainerState{ContainerRef: ContainerRef{UID: uid}}, byUID); !ok && m.touched[uid] < list {
				delete(m.seen, uid)
				changed = append(changed, uid)
			}
		}
	}
	slices.Sort(changed)
	return changed
}

// same reports whether two lists are the very same one.
func same(a, b []ContainerState) bool { return len(a) == len(b) && &a[0] == &b[0] }

func byUID(a, b ContainerState) int { return strings.Compare(a.UID, b.UID) }

// merge folds what a list says of one pod into what was known, and reports
// whether that changes anything.
func merge(known, found []ContainerState, keep bool) ([]ContainerState, bool) {
	slices.SortStableFunc(found, func(a, b ContainerState) int { return compareRefs(a.ContainerRef, b.ContainerRef) })
	merged := make([]ContainerState, 0, len(found))
	for _, f := range found {
		if last := len(merged) - 1; last >= 0 && merged[last].ContainerRef == f.ContainerRef {
			merged[last] = final(merged[last], f)
			continue
		}
		if i, ok := slices.BinarySearchFunc(known, f.ContainerRef, byRef); ok {
			f = final(known[i], f)
		}
		merged = append(merged, f)
	}
	if keep {
		for _, k := range known {
			if i, ok := slices.BinarySearchFunc(merged, k.ContainerRef, byRef); !ok {
				merged = slices.Insert(merged, i, k)
			}
		}
	}
	return merged, !slices.EqualFunc(known, merged, sameState)
}

// final returns the state that came later in the life of an attempt.
func final(known, found ContainerState) ContainerState {
	if known.State.Terminated != nil && found.State.Terminated == nil {
		known.VolumeFault = cmp.Or(found.VolumeFault, known.VolumeFault)
		return known
	}
	return found
}

// plain returns copies of states as they are recorded.
func plain(states []ContainerState) []ContainerState {
	out := make([]ContainerState, len(states))
	for i, s := range states {
		out[i] = s.plain()
	}
	return out
}

// plain returns s with its times in UTC and without a monotonic reading, as
// they are when they have been recorded and read again.
func (s ContainerState) plain() ContainerState {
	if r := s.State.Running; r != nil && r.StartedAt != r.StartedAt.UTC() {
		s.State.Running = &pod.Started{StartedAt: r.StartedAt.UTC()}
	}
	if t := s.State.Terminated; t != nil && (t.StartedAt != t.StartedAt.UTC() || t.FinishedAt != t.FinishedAt.UTC()) {
		ended := *t
		ended.StartedAt, ended.FinishedAt = t.StartedAt.UTC(), t.FinishedAt.UTC()
		s.State.Terminated = &ended
	}
	return s
}

func byRef(s ContainerState, ref ContainerRef) int { return compareRefs(s.ContainerRef, ref) }

func compareRefs(a, b ContainerRef) int {
	return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.UID, b.UID))
}

func sameState(a, b ContainerState) bool {
	return a.ContainerRef == b.ContainerRef && a.ID == b.ID && a.PodIP == b.PodIP && a.VolumeFault == b.VolumeFault &&
		samePointer(a.State.Waiting, b.State.Waiting) &&
		samePointer(a.State.Running, b.State.Running) &&
		samePointer(a.State.Terminated, b.State.Terminated)
}

func samePointer[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// live reports whether the attempt runs, for all that is known.
func (s ContainerState) live() bool { return s.State.Terminated == nil }

package replication

import "github.com/coracle-dev/coracle/labels"

// wanted is labels that many pods are asked for. A map takes longer to walk
// than to look something up in, so it is walked once.
type wanted struct {
	pairs [8]struct{ key, value string }
	n     int
	set   labels.Set // in place of pairs, if there are more
}

func want(set labels.Set) (w wanted) {
	if len(set) > len(w.pairs) {
		w.set = set
		return w
	}
	for key, value := range set {
		w.pairs[w.n].key, w.pairs[w.n].value = key, value
		w.n++
	}
	return w
}

// within reports whether the set has all that is wanted.
func (w *wanted) within(set labels.Set) bool {
	for i := range w.pairs[:w.n] {
		if value, has := set[w.pairs[i].key]; !has || value != w.pairs[i].value {
			return false
		}
	}
	for key, want := range w.set {
		if value, has := set[key]; !has || value != want {
			return false
		}
	}
	return true
}

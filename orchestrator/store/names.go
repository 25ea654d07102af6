package store

// names are rows by namespace and name. Most objects share their namespace with many
// others, and a map of strings is quicker, and smaller, than one of pairs of them.
type names map[string]map[string]*row

// get returns the row of a name, or nil.
func (n names) get(namespace, name string) *row { return n[namespace][name] }

func (n names) set(r *row) {
	within := n[r.namespace]
	if within == nil {
		within = make(map[string]*row)
		n[r.namespace] = within
	}
	within[r.name] = r
}

func (n names) delete(r *row) {
	within := n[r.namespace]
	delete(within, r.name)
	if len(within) == 0 {
		delete(n, r.namespace)
	}
}

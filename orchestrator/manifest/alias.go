package manifest

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxAliased is how many values the aliases of one document may stand for in all.
const maxAliased = 100_000

// boundAliases refuses a document whose aliases never end, or stand for so much
// that reading them would take all memory. It returns the node to blame and why,
// or nil. Nothing may walk a document before this has passed it.
func boundAliases(root *yaml.Node) (blame *yaml.Node, problem string) {
	b := &aliasBound{sizes: map[*yaml.Node]int{}}
	b.size(root)
	return b.blame, b.problem
}

// aliasBound counts values with every alias replaced by what it stands for.
type aliasBound struct {
	sizes   map[*yaml.Node]int // of what has an anchor; 0 while it is being counted
	aliased int                // values that aliases stand for, so far
	blame   *yaml.Node
	problem string
}

// size returns how many values are in a node, itself included, at most one more
// than maxAliased for each alias in it.
func (b *aliasBound) size(n *yaml.Node) int {
	if b.blame != nil {
		return 0
	}
	if n.Kind == yaml.AliasNode {
		return b.alias(n)
	}
	if n.Anchor != "" {
		if size, ok := b.sizes[n]; ok {
			return size
		}
		b.sizes[n] = 0
	}
	size := 1
	for _, c := range n.Content {
		size += b.size(c)
	}
	if n.Anchor != "" {
		b.sizes[n] = size
	}
	return size
}

func (b *aliasBound) alias(n *yaml.Node) int {
	size, ok := b.sizes[n.Alias]
	if ok && size == 0 {
		b.blame, b.problem = n, fmt.Sprintf("the anchor &%s contains itself through the alias *%s", n.Value, n.Value)
		return 0
	}
	if !ok {
		size = b.size(n.Alias)
	}
	if b.aliased += size; b.aliased > maxAliased {
		b.blame, b.problem = n, fmt.Sprintf("the aliases stand for more than %d values", maxAliased)
	}
	return size
}

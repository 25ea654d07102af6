package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// path is where a value is in its document; nil is the document itself.
type path struct {
	above *path
	name  string // of a field, or the key in a mapping of free keys
	index int    // in a list; -1 in a mapping
	free  bool   // name is a key, not a field
}

func (p *path) child(name string) *path { return &path{above: p, name: name, index: -1} }
func (p *path) key(name string) *path   { return &path{above: p, name: name, index: -1, free: true} }
func (p *path) element(i int) *path     { return &path{above: p, index: i} }

// String reads spec.containers[0].image, or metadata.labels[app].
func (p *path) String() string {
	if p == nil {
		return ""
	}
	above := p.above.String()
	switch {
	case p.index >= 0:
		return fmt.Sprintf("%s[%d]", above, p.index)
	case p.free:
		return fmt.Sprintf("%s[%s]", above, p.name)
	case above == "":
		return p.name
	}
	return above + "." + p.name
}

// find returns the node at a path as labels.FieldError spells it, or the
// nearest node above it that exists.
func find(n *yaml.Node, path string) *yaml.Node {
	n = target(n)
	at := n // what is shown: the key of a field rather than its value
	for path != "" {
		var step string
		switch path = strings.TrimPrefix(path, "."); {
		case path == "":
			return at
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return at
			}
			step, path = strings.Trim(path[1:end], `'"`), path[end+1:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			step, path = path[:end], path[end:]
		}
		next, key := enter(n, step)
		if next == nil {
			return at
		}
		n, at = next, key
	}
	return at
}

// enter returns what a mapping or list holds under a key or index, and the node
// whose line shows it.
func enter(n *yaml.Node, step string) (next, at *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return target(n.Content[i+1]), n.Content[i]
			}
		}
	case yaml.SequenceNode:
		i, err := strconv.Atoi(step)
		if err == nil && i >= 0 && i < len(n.Content) {
			return target(n.Content[i]), n.Content[i]
		}
	}
	return nil, nil
}

// pathTo returns the path of a node that is written below n, which is at a path.
// It does not follow aliases. It returns nil where there is no such node.
func pathTo(at *path, n, wanted *yaml.Node) *path {
	if n == wanted {
		return at
	}
	for i, c := range n.Content {
		var here *path
		switch {
		case n.Kind == yaml.SequenceNode:
			here = at.element(i)
		case i%2 == 1:
			here = at.child(n.Content[i-1].Value)
		default:
			here = at
		}
		if found := pathTo(here, c, wanted); found != nil {
			return found
		}
	}
	return nil
}

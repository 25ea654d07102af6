package manifest

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder turns the nodes of one file into Go values, by the json tags of their
// types, and notes everything that does not fit.
//
// It differs from encoding/json in what it refuses: a field that is not known or
// differs in case, a key that is there twice, an item of a list that is null, a
// number for a string and a string for a number.
type decoder struct {
	file     string
	document int // being read, counted from 1
	empty    int // documents with nothing in them
	shift    int // lines of the file before the part that is being read
	found    *findings
	types    types
}

// report notes a problem of the field at a path. The value comes from the node,
// and so does the line.
func (d *decoder) report(at *path, n *yaml.Node, problem string) {
	d.found.add(Error{File: d.file, Document: d.document, Line: d.line(n), Path: at.String(), Value: excerpt(n), Problem: problem})
}

// line returns the line of a node in the file.
func (d *decoder) line(n *yaml.Node) int {
	if n == nil || n.Line == 0 {
		return 0
	}
	return n.Line + d.shift
}

var timeType = reflect.TypeFor[time.Time]()

// value decodes a node into v, which can be set. Null leaves v as it is. Quoted
// says that a number is written as a string.
func (d *decoder) value(at *path, n *yaml.Node, v reflect.Value, quoted bool) {
	n = target(n)
	if isNull(n) {
		return
	}
	if !d.knownTag(at, n) {
		return
	}
	if v.Type() == timeType {
		d.time(at, n, v.Addr().Interface().(*time.Time))
		return
	}
	switch u := v.Addr().Interface().(type) {
	case json.Unmarshaler:
		d.unmarshal(at, n, u.UnmarshalJSON, true)
		return
	case encoding.TextUnmarshaler:
		d.unmarshal(at, n, u.UnmarshalText, false)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(at, n, p.Elem(), quoted)
		v.Set(p)
	case reflect.Struct:
		d.structure(at, n, v)
	case reflect.Slice:
		d.slice(at, n, v)
	case reflect.Map:
		d.mapping(at, n, v)
	default:
		d.scalar(at, n, v, quoted)
	}
}

// structure decodes a mapping into a struct. The fields named also are somebody
// else's.
func (d *decoder) structure(at *path, n *yaml.Node, v reflect.Value, also ...string) {
	known := d.types.fields(v.Type())
	d.entries(at, n, func(name string, key, value *yaml.Node) {
		if f, ok := known.named(name); ok {
			d.value(at.child(name), value, v.FieldByIndex(f.index), f.quoted)
			return
		}
		for _, a := range also {
			if a == name {
				return
			}
		}
		d.notOurs(at, n, v.Type(), name, key, value, known)
	})
}

// notOurs judges a field that the type does not have.
func (d *decoder) notOurs(at *path, n *yaml.Node, t reflect.Type, name string, key, value *yaml.Node, known fields) {
	here := at.child(name)
	if r, ok := foreign[t][name]; ok {
		if problem := r.judge(n, target(value)); problem != "" {
			d.found.add(Error{
				File: d.file, Document: d.document, Line: d.line(key), Path: here.String(),
				Value: excerpt(target(value)), Problem: problem,
			})
		}
		return
	}
	problem := "unknown field"
	if other := known.nearest(name); other != "" {
		problem += fmt.Sprintf("; did you mean %s?", other)
	}
	d.found.add(Error{File: d.file, Document: d.document, Line: d.line(key), Path: here.String(), Problem: problem})
}

// slice decodes a list. An empty list is no list.
func (d *decoder) slice(at *path, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.report(at, n, "must be a list, not "+describe(n))
		return
	}
	if len(n.Content) == 0 {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, element := range n.Content {
		here := at.element(i)
		if isNull(target(element)) {
			d.report(here, element, "must not be empty")
			continue
		}
		d.value(here, element, list.Index(i), false)
	}
	v.Set(list)
}

// mapping decodes a mapping whose keys are strings. An empty mapping is none.
func (d *decoder) mapping(at *path, n *yaml.Node, v reflect.Value) {
	t := v.Type()
	m := reflect.MakeMap(t)
	d.entries(at, n, func(name string, _, value *yaml.Node) {
		here := at.key(name)
		element := reflect.New(t.Elem()).Elem()
		if isNull(target(value)) && element.Kind() != reflect.String {
			d.report(here, value, "must not be empty")
			return
		}
		d.value(here, value, element, false)
		m.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), element)
	})
	if m.Len() > 0 {
		v.Set(m)
	}
}

// entries calls do with each key of a mapping and its value, in their order,
// and then with those of the mappings that it merges with <<. It reports keys
// that are there twice, and what is no mapping.
func (d *decoder) entries(at *path, n *yaml.Node, do func(name string, key, value *yaml.Node)) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		d.report(at, n, "must be a mapping, not "+describe(n))
		return
	}
	seen := make(map[string]int, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || isNull(key):
			d.report(at, n.Content[i], "a key must be a string, not "+describe(key))
		case !spelled(key.Value):
			d.report(at, key, "a key must be of at most 317 printable characters")
		case isMerge(key):
			merges = append(merges, value)
		case seen[key.Value] > 0:
			d.found.add(Error{
				File: d.file, Document: d.document, Line: d.line(key), Path: at.child(key.Value).String(),
				Problem: fmt.Sprintf("is there twice; first on line %d", d.shift+seen[key.Value]),
			})
		default:
			seen[key.Value] = key.Line
			do(key.Value, key, value)
		}
	}
	for _, m := range merges {
		d.merge(at, m, seen, do)
	}
}

// spelled reports whether somebody can mean a key: the longest, that of a label
// with a prefix, has 253+1+63 characters. YAML and JSON disagree on longer ones.
func spelled(key string) bool {
	return len(key) <= 317 && strings.IndexFunc(key, func(r rune) bool { return r < ' ' || !plain(r) }) < 0
}

// merge calls do with the entries of a mapping, or of a list of mappings, that
// are not seen yet: YAML's merge key. The earlier one wins.
func (d *decoder) merge(at *path, n *yaml.Node, seen map[string]int, do func(name string, key, value *yaml.Node)) {
	switch n = target(n); n.Kind {
	case yaml.MappingNode:
		d.entries(at, n, func(name string, key, value *yaml.Node) {
			if seen[name] == 0 {
				seen[name] = key.Line
				do(name, key, value)
			}
		})
	case yaml.SequenceNode:
		for _, element := range n.Content {
			if target(element).Kind == yaml.SequenceNode {
				d.report(at.child("<<"), element, "must be a mapping, not a list")
				continue
			}
			d.merge(at, element, seen, do)
		}
	default:
		d.report(at.child("<<"), n, "must be a mapping or a list of mappings, not "+describe(n))
	}
}

// lookup returns the value of a key, or nil. It follows no merges.
func lookup(n *yaml.Node, name string) *yaml.Node {
	if n = target(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := target(n.Content[i]); key.Kind == yaml.ScalarNode && key.Value == name {
			return target(n.Content[i+1])
		}
	}
	return nil
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func isMerge(key *yaml.Node) bool {
	return key.Value == "<<" && key.ShortTag() == "!!merge"
}

// knownTag refuses what asks for a type of its own.
func (d *decoder) knownTag(at *path, n *yaml.Node) bool {
	tag := n.ShortTag()
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp", "!!merge":
		return true
	}
	d.report(at, n, "the YAML tag "+tag+" is not supported")
	return false
}

// describe names what a node is, in a sentence.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch tag := n.ShortTag(); tag {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!str", "!!timestamp", "!!merge":
		return "a string"
	default:
		return strings.TrimLeft(tag, "!")
	}
}

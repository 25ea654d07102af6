package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// The kinds that a manifest holds, in core/v1 spelling.
const (
	kindPod                   = "Pod"
	kindReplicationController = "ReplicationController"
	kindService               = "Service"
	kindEndpoints             = "Endpoints"
	kindNode                  = "Node"
	kindNamespace             = "Namespace"
)

// The versions that are read.
const (
	v1      = "v1"
	v1beta1 = "v1beta1"
)

// form is how one kind is read in one version.
type form struct {
	kind string // of what it becomes
	read func(d *decoder, at *path, n *yaml.Node) labels.Object
}

// forms returns the kinds of a version by name; nil if the version is not known.
func forms(version string) map[string]form {
	switch version {
	case v1:
		return map[string]form{
			kindPod:                   {kindPod, current[pod.Pod]},
			kindReplicationController: {kindReplicationController, current[replication.Controller]},
			kindService:               {kindService, current[service.Service]},
			kindEndpoints:             {kindEndpoints, current[service.Endpoints]},
			kindNode:                  {kindNode, current[node.Node]},
			kindNamespace:             {kindNamespace, current[labels.Namespace]},
		}
	case v1beta1:
		return map[string]form{
			kindPod:                   {kindPod, old[oldPod]},
			kindReplicationController: {kindReplicationController, old[oldController]},
			kindService:               {kindService, old[oldService]},
			kindEndpoints:             {kindEndpoints, old[oldEndpoints]},
			kindNode:                  {kindNode, old[oldNode]},
			"Minion":                  {kindNode, old[oldNode]},
			kindNamespace:             {kindNamespace, old[oldNamespace]},
		}
	}
	return nil
}

// kindOf returns the kind of an object that a manifest can hold, or nothing.
func kindOf(o labels.Object) string {
	switch o.(type) {
	case *pod.Pod:
		return kindPod
	case *replication.Controller:
		return kindReplicationController
	case *service.Service:
		return kindService
	case *service.Endpoints:
		return kindEndpoints
	case *node.Node:
		return kindNode
	case *labels.Namespace:
		return kindNamespace
	}
	return ""
}

// namespaced reports whether the objects of a kind live in a namespace.
func namespaced(kind string) bool { return kind != kindNode && kind != kindNamespace }

// current reads a core/v1 object into the type that has its shape.
func current[T any, P interface {
	*T
	labels.Object
}](d *decoder, at *path, n *yaml.Node) labels.Object {
	o := P(new(T))
	d.structure(at, n, reflect.ValueOf(o).Elem(), "apiVersion", "kind")
	return o
}

// old reads a v1beta1 object into its own type, and converts that.
func old[T any, P interface {
	*T
	convert(c *conversion) labels.Object
}](d *decoder, at *path, n *yaml.Node) labels.Object {
	before, o := d.found.count(), P(new(T))
	d.structure(at, n, reflect.ValueOf(o).Elem(), "apiVersion", "kind")
	if d.found.count() > before {
		return nil // it would be converted wrongly
	}
	return o.convert(&conversion{d: d, at: at, n: n})
}

// read returns the objects of one document.
func (d *decoder) read(root *yaml.Node) []item {
	if len(root.Content) == 0 || isNull(root.Content[0]) {
		d.empty++
		return nil
	}
	n := root.Content[0]
	if blame, problem := boundAliases(n); blame != nil {
		d.report(pathTo(nil, n, blame), blame, problem)
		return nil
	}
	return d.object(nil, n, "", "")
}

// object reads an object or a list of objects. Version and kind are what it is
// where it does not say.
func (d *decoder) object(at *path, n *yaml.Node, version, kind string) []item {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		d.report(at, n, "must be an object with apiVersion and kind, not "+describe(n))
		return nil
	}
	before := d.found.count()
	version = d.head(at, n, "apiVersion", version)
	kind = d.head(at, n, "kind", kind)
	if d.found.count() > before {
		return nil
	}
	known := forms(version)
	if known == nil {
		d.report(at.child("apiVersion"), lookup(n, "apiVersion"), notRead(version, kind))
		return nil
	}
	if form, ok := known[kind]; ok {
		o := form.read(d, at, n)
		if d.found.count() > before {
			return nil
		}
		where := Error{File: d.file, Document: d.document, Line: d.line(n), Path: at.String()}
		locate := func(path string) int { return d.line(find(n, path)) }
		return []item{{o, form.kind, where, locate}}
	}
	of := strings.TrimSuffix(kind, "List")
	if _, ok := known[of]; of != kind && (ok || of == "") {
		return d.list(at, n, version, of)
	}
	d.report(at.child("kind"), lookup(n, "kind"), "not a kind that is read; there are "+strings.Join(kindNames(known), ", ")+", and lists of them")
	return nil
}

// notRead says why a version is not known.
func notRead(version, kind string) string {
	if strings.Contains(version, "/") {
		return fmt.Sprintf("a %s of this API group is not supported; apiVersion must be v1 or v1beta1", kind)
	}
	return "not a version that is read; it must be v1 or v1beta1"
}

// kindNames returns the names of the kinds, sorted.
func kindNames(known map[string]form) []string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// head returns the text of apiVersion or kind, or otherwise if it is not there.
func (d *decoder) head(at *path, n *yaml.Node, name, otherwise string) string {
	v := lookup(n, name)
	if v == nil || isNull(v) {
		if otherwise == "" {
			d.report(at.child(name), n, "required")
		}
		return otherwise
	}
	var text string
	d.value(at.child(name), v, reflect.ValueOf(&text).Elem(), false)
	if text == "" {
		if v.Kind == yaml.ScalarNode && v.Value == "" {
			d.report(at.child(name), v, "required")
		}
		return otherwise
	}
	return text
}

// listMeta is what a list says of itself. None of it belongs to an object.
type listMeta struct {
	ResourceVersion    string `json:"resourceVersion"`
	SelfLink           string `json:"selfLink"`
	Continue           string `json:"continue"`
	RemainingItemCount *int64 `json:"remainingItemCount"`
}

// list reads the items of a list; of is the kind of those that do not say theirs.
func (d *decoder) list(at *path, n *yaml.Node, version, of string) []item {
	var items []item
	d.entries(at, n, func(name string, key, v *yaml.Node) {
		here := at.child(name)
		switch {
		case name == "apiVersion" || name == "kind":
		case name == "items":
			items = append(items, d.listItems(here, v, version, of)...)
		case name == "metadata" && version == v1:
			d.value(here, v, reflect.ValueOf(&listMeta{}).Elem(), false)
		case version == v1beta1 && slices.Contains([]string{"id", "uid", "creationTimestamp", "selfLink", "resourceVersion", "namespace"}, name):
			// what a server said of its answer
		default:
			d.found.add(Error{File: d.file, Document: d.document, Line: d.line(key), Path: here.String(), Problem: "unknown field of a list"})
		}
	})
	if lookup(n, "items") == nil {
		d.report(at.child("items"), n, "required")
	}
	return items
}

func (d *decoder) listItems(at *path, n *yaml.Node, version, of string) []item {
	if n = target(n); isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.report(at, n, "must be a list, not "+describe(n))
		return nil
	}
	var items []item
	for i, element := range n.Content {
		if of == "" {
			version = "" // each item of a mixed list says what it is
		}
		items = append(items, d.object(at.element(i), element, version, of)...)
	}
	return items
}

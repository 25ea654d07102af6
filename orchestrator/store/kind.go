package store

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Kind names a type of object as core/v1 spells it.
type Kind string

// The kinds that a store keeps, and the Go types of their objects.
const (
	KindNamespace  Kind = "Namespace"             // *labels.Namespace
	KindNode       Kind = "Node"                  // *node.Node
	KindPod        Kind = "Pod"                   // *pod.Pod
	KindController Kind = "ReplicationController" // *replication.Controller
	KindService    Kind = "Service"               // *service.Service
	KindEndpoints  Kind = "Endpoints"             // *service.Endpoints
)

// kinds in the order in which Kinds lists them; a kind's place in it is its ordinal.
var kinds = [...]Kind{KindNamespace, KindNode, KindPod, KindController, KindService, KindEndpoints}

// nouns for error messages, by ordinal.
var nouns = [...]string{"namespace", "node", "pod", "replication controller", "service", "endpoints"}

// The ordinals of the kinds. An unknown kind has none.
const (
	ordNamespace = iota
	ordNode
	ordPod
	ordController
	ordService
	ordEndpoints
	numKinds
	ordUnknown = -1
)

// Kinds returns every kind that a store keeps, always in the same order: what
// other objects refer to comes first.
func Kinds() []Kind { return append([]Kind(nil), kinds[:]...) }

// KindOf returns the kind of an object, or "" where it is of none that a store
// keeps. Only the type counts: a nil *pod.Pod is a Pod.
func KindOf(o labels.Object) Kind {
	if i := ordinalOf(o); i != ordUnknown {
		return kinds[i]
	}
	return ""
}

// Blank returns an object of the kind with nothing in it, for whoever decodes
// one; nil where the kind is of none that a store keeps.
func Blank(k Kind) labels.Object {
	switch k {
	case KindNamespace:
		return new(labels.Namespace)
	case KindNode:
		return new(node.Node)
	case KindPod:
		return new(pod.Pod)
	case KindController:
		return new(replication.Controller)
	case KindService:
		return new(service.Service)
	case KindEndpoints:
		return new(service.Endpoints)
	}
	return nil
}

// Namespaced reports whether objects of the kind live in a namespace. Nodes
// and namespaces do not.
func Namespaced(k Kind) bool {
	i := k.ordinal()
	return i != ordUnknown && namespaced(i)
}

// Noun returns the kind as it reads in a sentence: "replication controller".
func (k Kind) Noun() string {
	if i := k.ordinal(); i != ordUnknown {
		return nouns[i]
	}
	return string(k)
}

func (k Kind) ordinal() int {
	switch k {
	case KindNamespace:
		return ordNamespace
	case KindNode:
		return ordNode
	case KindPod:
		return ordPod
	case KindController:
		return ordController
	case KindService:
		return ordService
	case KindEndpoints:
		return ordEndpoints
	}
	return ordUnknown
}

func ordinalOf(o labels.Object) int {
	switch o.(type) {
	case *pod.Pod:
		return ordPod
	case *node.Node:
		return ordNode
	case *replication.Controller:
		return ordController
	case *service.Service:
		return ordService
	case *service.Endpoints:
		return ordEndpoints
	case *labels.Namespace:
		return ordNamespace
	}
	return ordUnknown
}

func namespaced(ordinal int) bool { return ordinal != ordNamespace && ordinal != ordNode }

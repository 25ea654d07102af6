package store

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// key names one object among all that a store keeps.
type key struct {
	kind            Kind
	namespace, name string
}

// keyOf returns the key of an object that is fit to be stored.
func keyOf(verb string, o labels.Object) (key, error) {
	ordinal := ordinalOf(o)
	if ordinal == ordUnknown {
		return key{}, fmt.Errorf("%s object: the store keeps no %T", verb, o)
	}
	m := o.Identity()
	k := key{kinds[ordinal], m.Namespace, m.Name}
	switch {
	case m.Name == "":
		return k, k.failed(verb, errors.New("it has no name"))
	case namespaced(ordinal) && m.Namespace == "":
		return k, k.failed(verb, errors.New("it has no namespace"))
	case !namespaced(ordinal) && m.Namespace != "":
		return k, k.failed(verb, errors.New("its kind has no namespace"))
	}
	return k, nil
}

// failed returns the error of an operation on the object.
func (k key) failed(verb string, cause error) error {
	return &Error{Verb: verb, Kind: k.kind, Namespace: k.namespace, Name: k.name, Err: cause}
}

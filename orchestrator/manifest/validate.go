package manifest

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Validate reports what is wrong with an object once its defaults are filled in,
// as labels.FieldErrors. It changes nothing. As the Check of a Reader it gives
// every such problem its file and line:
//
//	objects, err := manifest.Reader{Check: manifest.Validate}.ReadFiles("web.yaml")
func Validate(o labels.Object) error {
	switch o := o.(type) {
	case *pod.Pod:
		return defaulted(o.Copy())
	case *replication.Controller:
		return defaulted(o.Copy())
	case *service.Service:
		return defaulted(o.Copy())
	case *service.Endpoints:
		return defaulted(o.Copy())
	case *node.Node:
		return defaulted(o.Copy())
	case *labels.Namespace:
		return defaulted(o.Copy())
	}
	return fmt.Errorf("validate %T: it is nothing that a manifest can hold", o)
}

// defaulted fills in the defaults of a copy, and validates it.
func defaulted(o interface {
	Default()
	Validate() error
}) error {
	o.Default()
	return o.Validate()
}

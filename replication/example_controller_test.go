package replication_test

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func ExampleController_Default() {
	c := &replication.Controller{Meta: labels.Meta{Name: "web"}}
	c.Spec.Template = &pod.Template{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}}
	c.Default()
	fmt.Println(c.Namespace, *c.Spec.Replicas, c.Spec.Selector, c.Spec.Template.Spec.RestartPolicy)
	// Output: default 1 app=web Always
}

// Everything that is wrong is said at once.
func ExampleController_Validate() {
	c := webController(-1)
	c.Spec.Template.Labels["app"] = "db"
	c.Spec.Template.Spec.RestartPolicy = pod.RestartNever

	var problems labels.FieldErrors
	errors.As(c.Validate(), &problems)
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// spec.replicas: "-1": must be 0 or more
	// spec.template.metadata.labels[app]: "db": must be web, as the selector asks for
	// spec.template.spec.restartPolicy: "Never": must be Always: a controller's pods do not end
}

func ExampleController_ValidateUpdate() {
	old := webController(1)
	c := old.Copy()
	*c.Spec.Replicas = 5
	fmt.Println(c.ValidateUpdate(old))
	c.Name = "db"
	fmt.Println(c.ValidateUpdate(old))
	// Output:
	// <nil>
	// metadata.name: "db": must stay "web"
}

// What is stored is shared and never changed: copy, change, update.
func ExampleController_Copy() {
	stored := webController(1)
	c := stored.Copy()
	*c.Spec.Replicas = 5
	fmt.Println(*stored.Spec.Replicas, *c.Spec.Replicas)
	// Output: 1 5
}

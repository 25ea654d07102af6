package labels_test

import (
	"encoding/json"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// Meta reads and writes what core/v1 calls metadata.
func ExampleMeta() {
	var meta labels.Meta
	err := json.Unmarshal([]byte(`{"name": "shop-1", "labels": {"app": "shop"}, "resourceVersion": "7"}`), &meta)
	fmt.Println(meta.Name, meta.Labels, meta.ResourceVersion, err)
	text, err := json.Marshal(meta)
	fmt.Println(string(text), err)
	// Output:
	// shop-1 app=shop 7 <nil>
	// {"name":"shop-1","resourceVersion":"7","labels":{"app":"shop"}} <nil>
}

func ExampleMeta_Controller() {
	meta := labels.Meta{Name: "shop-1", OwnerReferences: []labels.OwnerReference{
		{APIVersion: "v1", Kind: "ReplicationController", Name: "shop", UID: "42", Controller: true},
	}}
	owner, ok := meta.Controller()
	fmt.Println(owner.Kind, owner.Name, ok)
	// Output: ReplicationController shop true
}

// Whatever embeds a Meta is an Object.
func ExampleObject() {
	var object labels.Object = &labels.Namespace{Meta: labels.Meta{Name: "prod"}}
	fmt.Println(object.Identity().Name)
	// Output: prod
}

func ExampleNamespace() {
	namespace := &labels.Namespace{Meta: labels.Meta{Name: "prod"}}
	namespace.Default()
	fmt.Println(namespace.Status.Phase, namespace.Validate())

	next := namespace.Copy()
	next.Name = "production"
	fmt.Println(next.ValidateUpdate(namespace))
	// Output:
	// Active <nil>
	// metadata.name: "production": must stay "prod"
}

func ExampleEvent() {
	event := labels.Event{
		InvolvedObject: labels.Reference{Kind: "Pod", Namespace: "default", Name: "shop-1"},
		Type:           labels.Warning,
		Reason:         "BackOff",
		Message:        "back-off 10s restarting failed container",
		Count:          3,
	}
	fmt.Printf("%s %s/%s %s ×%d: %s\n", event.Type, event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Reason, event.Count, event.Message)
	// Output: Warning Pod/shop-1 BackOff ×3: back-off 10s restarting failed container
}

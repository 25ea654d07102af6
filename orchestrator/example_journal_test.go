package orchestrator_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// diary is a journal that lives as long as the program. A real one writes each
// batch to a disk before Append returns.
type diary struct {
	objects  map[string]labels.Object
	revision uint64
}

func (d *diary) Load(context.Context) ([]labels.Object, uint64, error) {
	var objects []labels.Object
	for _, o := range d.objects {
		objects = append(objects, o)
	}
	return objects, d.revision, nil
}

func (d *diary) Append(_ context.Context, changes []store.Change) error {
	if d.objects == nil {
		d.objects = make(map[string]labels.Object)
	}
	for _, c := range changes {
		m := c.Object().Identity()
		key := fmt.Sprintf("%s %s/%s", c.Kind, m.Namespace, m.Name)
		if c.New == nil {
			delete(d.objects, key)
		} else {
			d.objects[key] = c.New
		}
		d.revision = c.Revision
	}
	return nil
}

func (d *diary) Close() error { return nil }

// What one orchestrator was told, the next one knows.
func ExampleJournal() {
	var journal diary
	cfg := orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: &journal}

	first, err := orchestrator.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	web, err := first.Client().Pods().Create(context.Background(), examplePod("web"))
	fmt.Println(err)

	second, err := orchestrator.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	same, err := second.Client().Pods().Get("", "web")
	fmt.Println(same.UID == web.UID, err)
	// Output:
	// <nil>
	// true <nil>
}

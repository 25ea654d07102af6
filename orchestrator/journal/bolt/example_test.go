package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/pod"
)

// What one program was told, the next one knows.
func ExampleJournal() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	program := func(use func(*orchestrator.Client)) {
		journal, err := bolt.Open(filepath.Join(dir, "state.db"))
		if err != nil {
			panic(err)
		}
		defer journal.Close()
		o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: journal})
		if err != nil {
			panic(err)
		}
		use(o.Client())
	}
	program(func(c *orchestrator.Client) {
		_, err := c.Pods().Create(context.Background(), &pod.Pod{
			Meta: labels.Meta{Name: "web"},
			Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
		})
		fmt.Println(err)
	})
	program(func(c *orchestrator.Client) {
		p, err := c.Pods().Get("default", "web")
		fmt.Println(p.Name, p.Status.Phase, err)
	})
	// Output:
	// <nil>
	// web Pending <nil>
}

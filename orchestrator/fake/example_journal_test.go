package fake_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

// A disk that is full: the write fails, and what was kept before is there after a restart.
func ExampleJournal() {
	var journal fake.Journal
	ctx := context.Background()
	namespace := func(name string) *labels.Namespace { return &labels.Namespace{Meta: labels.Meta{Name: name}} }
	program := func(j *fake.Journal) *orchestrator.Client {
		o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: j})
		if err != nil {
			panic(err)
		}
		return o.Client()
	}
	c := program(&journal)
	_, err := c.Apply(ctx, namespace("kept"))
	fmt.Println(err)
	journal.SetFaults(fake.JournalFaults{Err: errors.New("no space left on device")})
	_, err = c.Apply(ctx, namespace("lost"))
	fmt.Println(err)

	c = program(journal.Until(journal.Batches()))
	_, err = c.Namespaces().Get("", "kept")
	fmt.Println(err)
	_, err = c.Namespaces().Get("", "lost")
	fmt.Println(err)
	// Output:
	// <nil>
	// apply namespace "lost": orchestrator has stopped: append to journal: no space left on device
	// <nil>
	// get namespace "lost": not found
}

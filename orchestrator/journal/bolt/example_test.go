package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/pod"
)

// program is one life of a host program: it opens the journal, and ends.
func program(path string, use func(*orchestrator.Client, *bolt.Journal)) {
	journal, err := bolt.Open(path)
	if err != nil {
		panic(err)
	}
	defer journal.Close()
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: journal})
	if err != nil {
		panic(err)
	}
	use(o.Client(), journal)
}

// folder returns one to be removed.
func folder() string {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	return dir
}

// create makes a pod.
func create(c *orchestrator.Client, name string) {
	_, err := c.Pods().Create(context.Background(), &pod.Pod{
		Meta: labels.Meta{Name: name},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
	})
	if err != nil {
		panic(err)
	}
}

// What one program was told, the next one knows.
func ExampleOpen() {
	dir := folder()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")

	program(path, func(c *orchestrator.Client, _ *bolt.Journal) {
		create(c, "web")
		_, err := bolt.Open(path)
		fmt.Println(errors.Is(err, bolt.ErrLocked))
	})
	program(path, func(c *orchestrator.Client, _ *bolt.Journal) {
		p, err := c.Pods().Get("default", "web")
		fmt.Println(p.Name, p.Status.Phase, err)
	})
	// Output:
	// true
	// web Pending <nil>
}

// A backup of a journal that is in use, and a program that begins with it.
func ExampleRestore() {
	dir := folder()
	defer os.RemoveAll(dir)
	var backup bytes.Buffer // a file on another disk, most of the time

	program(filepath.Join(dir, "state.db"), func(c *orchestrator.Client, journal *bolt.Journal) {
		create(c, "before")
		fmt.Println(journal.Backup(context.Background(), &backup))
		create(c, "after")
	})
	restored := filepath.Join(dir, "restored.db")
	fmt.Println(bolt.Restore(restored, &backup))
	program(restored, func(c *orchestrator.Client, _ *bolt.Journal) {
		_, err := c.Pods().Get("default", "before")
		fmt.Println(err)
		_, err = c.Pods().Get("default", "after")
		fmt.Println(err)
	})
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// get pod "default/after": not found
}

// Everything as a List of core/v1, and a journal made of it.
func ExampleImport() {
	dir := folder()
	defer os.RemoveAll(dir)
	var list bytes.Buffer

	program(filepath.Join(dir, "state.db"), func(c *orchestrator.Client, journal *bolt.Journal) {
		create(c, "web")
		fmt.Println(journal.Export(context.Background(), &list))
	})
	imported := filepath.Join(dir, "imported.db")
	fmt.Println(bolt.Import(imported, &list))
	program(imported, func(c *orchestrator.Client, _ *bolt.Journal) {
		p, err := c.Pods().Get("default", "web")
		fmt.Println(p.Name, p.Spec.Containers[0].Image, err)
	})
	// Output:
	// <nil>
	// <nil>
	// web web:1 <nil>
}

// A bad sector where the file says which batch is the newest: the program
// refuses to begin, and an operator decides to go back by one batch.
func ExampleRewind() {
	dir := folder()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	program(path, func(c *orchestrator.Client, _ *bolt.Journal) { create(c, "web") })

	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	_, err = f.WriteAt([]byte("bad sector"), 4096+20) // of the second page, which has the newer batch
	fmt.Println(err, f.Close())

	_, err = bolt.Open(path)
	fmt.Println(errors.Is(err, bolt.ErrDamaged))
	_, err = bolt.Rewind(path)
	fmt.Println(err)
	program(path, func(c *orchestrator.Client, _ *bolt.Journal) {})
	// Output:
	// <nil> <nil>
	// true
	// <nil>
}

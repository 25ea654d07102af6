package actortest_test

import (
	"context"
	"fmt"
	"os"

	"github.com/coracle-dev/coracle/internal/actortest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// A harness gets containers, and Play has the scripts for them.
func ExampleLook() {
	h := actortest.Look(orchtest.RuntimeHarness{})
	c := h.Says("app", 3, "one", "!two")
	script, known := actortest.Play(&c)
	fmt.Println(known, script.ExitCode, script.Says[1].Stream, script.Says[1].Text)
	// Output: true 3 stderr two
}

func ExamplePlay() {
	h := actortest.Look(orchtest.RuntimeHarness{})
	c := h.LastWords("app", "no such table", 1)
	script, _ := actortest.Play(&c)
	fmt.Println(script.ExitCode, script.Message)
	// Output: 1 no such table
}

func ExampleObey() {
	code := actortest.Obey(context.Background(), orchestrator.ExecOptions{
		Command: []string{"say", "hello\n"}, Streams: orchestrator.Streams{Stdout: os.Stdout},
	})
	fmt.Println(code)
	// Output:
	// hello
	// 0
}

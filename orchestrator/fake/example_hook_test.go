package fake_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

func ExampleHook() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	m := fake.Machine{Scripts: fake.Scripts{{Attempts: []fake.Script{
		{PostStart: fake.Hook{Takes: 5 * time.Second, Err: errors.New("no such table")}},
	}}}}
	p := &pod.Pod{Meta: labels.Meta{Name: "web", UID: "1"}}
	m.Start(p, pod.Container{Name: "main"}, now)
	done, err := m.Hook(orchestrator.RefTo(p, "main"), lifecycle.PostStart, now)
	fmt.Println(done.Sub(now), err)
	// Output: 5s PostStart of container "main" attempt 0 of pod "1": no such table
}

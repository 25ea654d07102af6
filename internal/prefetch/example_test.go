package prefetch_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/pod"
)

// The loop reads phases and names, so that is what is touched.
func ExampleAll() {
	pods := []*pod.Pod{{}, {}}
	pods[0].Name, pods[1].Name = "a", "b"
	pods[1].Status.Phase = pod.Running

	touch := func(p **pod.Pod) int { return len((*p).Status.Phase) + prefetch.Text((*p).Name) }
	for _, p := range prefetch.All(pods, touch) {
		if (*p).Status.Phase == pod.Running {
			fmt.Println((*p).Name)
		}
	}

	// Output:
	// b
}

func ExampleText() {
	fmt.Println(prefetch.Text("a") > 0, prefetch.Text("") > 0)

	// Output:
	// true false
}

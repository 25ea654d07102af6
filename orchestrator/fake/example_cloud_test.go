package fake_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

// A cloud whose interface fails once, then lists nothing once, and then works.
func ExampleCloud() {
	cloud := &fake.Cloud{}
	cloud.Set(node.Instance{ID: "m1", Zone: "a"}, node.Instance{ID: "m2", Zone: "b"})
	cloud.SetFaults(
		fake.CloudFaults{Calls: 1, Err: errors.New("throttled")},
		fake.CloudFaults{Calls: 1, Empty: true},
	)
	for range 3 {
		list, err := cloud.Instances(context.Background())
		fmt.Println(len(list), err)
	}
	// Output:
	// 0 list instances of cloud "fake": throttled
	// 0 <nil>
	// 2 <nil>
}

// What a call comes to, for a simulation that must not wait.
func ExampleCloud_Answer() {
	cloud := &fake.Cloud{}
	cloud.Set(node.Instance{ID: "m1"})
	var answer fake.CloudAnswer = cloud.Answer()
	fmt.Println(len(answer.Instances), answer.Err, answer.After)
	// Output: 1 <nil> 0s
}

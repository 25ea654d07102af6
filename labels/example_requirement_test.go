package labels_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// The requirements of a selector, one by one.
func ExampleRequirement() {
	s, err := labels.Parse("app=shop, tier in (web, api), !canary")
	if err != nil {
		fmt.Println(err)
		return
	}
	describe := func(r labels.Requirement) string { return fmt.Sprint(r.Key(), " ", r.Operator(), " ", r.Values()) }
	for _, r := range s.Requirements() {
		fmt.Println(describe(r))
	}
	// Output:
	// app = [shop]
	// canary DoesNotExist []
	// tier In [api web]
}

package labels_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

func ExampleParse() {
	selector, err := labels.Parse("tier in (web, api), app == shop, !canary")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(selector)
	fmt.Println(selector.Matches(labels.Set{"app": "shop", "tier": "web"}))
	fmt.Println(selector.Matches(labels.Set{"app": "shop", "tier": "web", "canary": "yes"}))
	// Output:
	// app=shop,!canary,tier in (api,web)
	// true
	// false
}

// An error says where the text stops being a selector, and why.
func ExampleParse_errors() {
	for _, text := range []string{"app=shop,", "app in shop", "app=my shop", "App!/x=1", "age>old"} {
		_, err := labels.Parse(text)
		fmt.Println(err)
	}
	// Output:
	// parse selector "app=shop,": character 10: expected a key, found the end
	// parse selector "app in shop": character 8: expected '(', found "shop"
	// parse selector "app=my shop": character 8: expected ',' or the end, found "shop"
	// parse selector "App!/x=1": character 4: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found "!"
	// parse selector "age>old": character 5: value "old" must be an integer of 64 bits
}

// Negative requirements match where the key is absent.
func ExampleSelector_Matches() {
	unlabelled := labels.Set{}
	for _, text := range []string{"tier=web", "tier!=web", "tier notin (web,db)", "tier", "!tier"} {
		selector, _ := labels.Parse(text)
		fmt.Printf("%-20s %t\n", selector, selector.Matches(unlabelled))
	}
	// Output:
	// tier=web             false
	// tier!=web            true
	// tier notin (db,web)  true
	// tier                 false
	// !tier                true
}

// The zero Selector has no requirement.
func ExampleSelector_Empty() {
	var everything labels.Selector
	fmt.Println(everything.Empty(), everything.Matches(labels.Set{"app": "shop"}))
	// Output: true true
}

func ExampleSelector_Equal() {
	a, _ := labels.Parse("tier in (web,api), app=shop")
	b, _ := labels.Parse("app==shop,tier in (api,web,api)")
	fmt.Println(a.Equal(b), a.String() == b.String())
	// Output: true true
}

func ExampleSelector_Requirements() {
	selector, _ := labels.Parse("app=shop,tier in (web,api),!canary")
	for _, r := range selector.Requirements() {
		fmt.Println(r.Key(), r.Operator(), r.Values())
	}
	// Output:
	// app = [shop]
	// canary DoesNotExist []
	// tier In [api web]
}

func ExampleSelectorFromSet() {
	selector := labels.SelectorFromSet(labels.Set{"tier": "web", "app": "shop"})
	fmt.Println(selector)
	fmt.Println(selector.Matches(labels.Set{"app": "shop", "tier": "web", "version": "2"}))
	// Output:
	// app=shop,tier=web
	// true
}

func ExampleNewSelector() {
	shop, _ := labels.Parse("app=shop")
	old, err := labels.NewRequirement("version", labels.LessThan, "3")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(labels.NewSelector(append(shop.Requirements(), old)...))
	// Output: app=shop,version<3
}

func ExampleNewRequirement() {
	r, err := labels.NewRequirement("tier", labels.NotIn, "web", "db")
	fmt.Println(r, err)
	fmt.Println(r.Matches(labels.Set{"tier": "cache"}), r.Matches(labels.Set{"tier": "db"}))
	_, err = labels.NewRequirement("version", labels.GreaterThan, "two")
	fmt.Println(err)
	// Output:
	// tier notin (db,web) <nil>
	// true false
	// require label "version": value "two" must be an integer of 64 bits
}

func ExampleSet_String() {
	fmt.Println(labels.Set{"tier": "web", "app": "shop"})
	// Output: app=shop,tier=web
}

package labels_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

func ExampleValidateKey() {
	fmt.Println(labels.ValidateKey("example.com/tier"))
	fmt.Println(labels.ValidateKey("example.com/the tier"))
	// Output:
	// <nil>
	// name must be made of letters, digits, '-', '_' and '.', not ' ' (character 16)
}

func ExampleValidateValue() {
	fmt.Println(labels.ValidateValue("v1.2_beta"))
	fmt.Println(labels.ValidateValue("-1"))
	// Output:
	// <nil>
	// must begin with a letter or digit, not '-' (character 1)
}

func ExampleValidateName() {
	fmt.Println(labels.ValidateName("web-1.example"))
	fmt.Println(labels.ValidateName("Web"))
	// Output:
	// <nil>
	// must be made of lower-case letters, digits, '-' and '.', not 'W' (character 1)
}

func ExampleValidateLabel() {
	fmt.Println(labels.ValidateLabel("web-1"))
	fmt.Println(labels.ValidateLabel("web.1"))
	// Output:
	// <nil>
	// must be made of lower-case letters, digits and '-', not '.' (character 4)
}

func ExampleValidateSet() {
	for _, e := range labels.ValidateSet(labels.Set{"app": "my shop", "tier/": "web"}, "spec.selector") {
		fmt.Println(e)
	}
	// Output:
	// spec.selector[app]: "my shop": must be made of letters, digits, '-', '_' and '.', not ' ' (character 3)
	// spec.selector: "tier/": key must have a name after its '/'
}

// Everything that is wrong is reported at once.
func ExampleValidateMeta() {
	meta := labels.Meta{
		Name:      "Shop",
		Namespace: "my.team",
		Labels:    labels.Set{"app": "shop!"},
	}
	for _, e := range labels.ValidateMeta(&meta, "metadata", true) {
		fmt.Println(e)
	}
	// Output:
	// metadata.name: "Shop": must be made of lower-case letters, digits, '-' and '.', not 'S' (character 1)
	// metadata.namespace: "my.team": must be made of lower-case letters, digits and '-', not '.' (character 3)
	// metadata.labels[app]: "shop!": must be made of letters, digits, '-', '_' and '.', not '!' (character 5)
}

func ExampleValidateMetaUpdate() {
	old := labels.Meta{Name: "shop", Namespace: "default"}
	fmt.Println(labels.ValidateMetaUpdate(&labels.Meta{Name: "blog"}, &old, "metadata"))
	// Output: metadata.name: "blog": must stay "shop"
}

func ExampleFieldErrors() {
	var errs labels.FieldErrors
	errs.Add("spec.replicas", -1, "must not be negative")
	errs.Add("spec.template", nil, "must be given")
	fmt.Println(errs.Err())
	fmt.Println(labels.FieldErrors(nil).Err())
	// Output:
	// spec.replicas: "-1": must not be negative; spec.template: must be given
	// <nil>
}

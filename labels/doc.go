// Package labels says what objects are and which of them belong together.
//
// Every object of Coracle has an identity, its Meta: a name, a namespace, an
// owner, and a Set of labels. A label is a key and a value that mean something
// to whoever wrote them: app=shop, tier=web. Nothing else groups objects. A
// replication controller, a service, or a list on the command line names its
// pods with a Selector, and any pod with the right labels is one of them.
//
//	selector, err := labels.Parse("app=shop, tier in (web, api), !canary")
//	if err != nil {
//		return err
//	}
//	selector.Matches(labels.Set{"app": "shop", "tier": "web"}) // true
//
// # Selectors
//
// A selector is a list of requirements, all of which have to be met. The
// grammar and the meaning are those of Kubernetes:
//
//	a=b  a==b       the label a is there and is b
//	a!=b            the label a is not b, or there is none
//	a in (b,c)      the label a is there and is b or c
//	a notin (b,c)   the label a is neither b nor c, or there is none
//	a               there is a label a
//	!a              there is none
//	a>1  a<1        the label a is there, is an integer, and is larger or smaller
//
// Requirements are separated by commas; spaces may stand anywhere but inside a
// key, a value or an operator of two characters. What is left out after =, ==
// and !=, or between the commas of a list, is the empty value. A text without
// requirements matches everything, as the zero Selector does.
//
// A Selector is a value in canonical form: requirements and values are sorted
// and stand there once. So its String is the same however it was written, and
// Parse of its String is an equal selector. SelectorFromSet makes the selector
// of controllers and services, which is written as a set; NewRequirement and
// NewSelector make any other without a text. Matches allocates nothing.
//
// # Legal names
//
//	label key      [prefix/]name; the prefix is a DNS subdomain of up to 253 characters,
//	               the name 1 to 63 letters, digits, '-', '_', '.'
//	label value    empty, or up to 63 letters, digits, '-', '_', '.'
//	object name    DNS subdomain: up to 253 lower-case letters, digits, '-', '.'
//	DNS label      1 to 63 lower-case letters, digits, '-'; namespaces and containers
//
// Each has a letter or digit at both ends, and a DNS subdomain also on both
// sides of a '.'. ValidateKey, ValidateValue, ValidateName and ValidateLabel
// check one text; ValidateSet and ValidateMeta check all there is and return a
// FieldErrors with the path, the value and the problem of each:
//
//	metadata.labels[app]: "my shop": must be made of letters, digits, '-', '_' and '.', not ' ' (character 3)
//
// # Finding without trying all
//
// Two indexes answer the two questions that control loops ask about labels, at
// a cost that grows with the answer and not with the cluster:
//
//	Index      which of many selectors match this set?  (the controllers of a pod)
//	SetIndex   which of many sets match this selector?  (the pods of a controller)
//
// Both are generic over the id their owner gives each entry, both are used as
// zero values, and both return ids in order, so that nothing downstream depends on how
// Go walks a map. A selector that demands no label, such as !a or a!=b alone,
// cannot be looked up: Index tries it on every set, SetIndex tries every set on it.
//
// # Concurrency
//
// A Selector and a Requirement never change. Functions keep nothing of what
// they are given, except that SetIndex.Put keeps the set. An index may be read
// by many goroutines at once, but must not be read while it is written. Nothing
// here starts a goroutine, takes a lock, or reads a clock.
package labels

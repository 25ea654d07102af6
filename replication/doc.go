// Package replication keeps a number of pods alive: core/v1's ReplicationController.
//
// A [Controller] has a selector, a template and a number. [Plan] compares the
// number with the pods there are, and says what is to be done:
//
//	a := replication.Plan(c, pods, now)
//	for _, p := range a.Adopt   { update(replication.Adopt(c, p)) }
//	for _, p := range a.Release { update(replication.Release(c, p)) }
//	for _, p := range a.Delete  { delete(p) }
//	for range a.Create          { create(replication.NewPod(c)) }
//	c.Status = a.Status
//
// Plan does nothing by itself and remembers nothing. Called again, it asks for
// the same until it was done, and for nothing then. It looks at every pod; who sees
// each change of them keeps a [Tally], and plans at a cost that does not grow with
// their number.
//
// # Whose pod it is
//
// A pod belongs to the one controller that its owner references name, by UID.
// Labels alone give nobody a right to it: controllers with the same selector
// don't fight. A pod without a controller goes to the first that asks, unless it
// has ended or is being deleted. A pod whose labels no longer match is released;
// to take a pod out for a closer look, change its labels. A controller that is
// deleted may leave its pods behind: they have no controller then, and another
// one with a matching selector takes them over.
//
// # Which pods count
//
// A pod that has ended or is being deleted does not count any more: it is
// replaced at once. Those that have ended are left alone, for a while; see
// package lifecycle for when they expire.
//
// If there are too many, those go first with which least is lost: pods without
// a node, then those that do not run, then those that are not ready. Among
// equals the node with most pods of this controller gives one, counted anew
// each time; then the youngest goes, then the first by name.
//
// # What a controller may look like
//
// [Controller.Validate] refuses a selector that is empty or that the template's
// labels do not match, and templates whose pods would end: any restart policy
// but Always, or a deadline. [Controller.Default] fills in the rest. All of a
// controller's specification may be changed; a new template is for new pods.
//
// # Rolling update
//
// [Rollout] replaces the pods of one controller by those of another, a step at
// a time. Each step is two numbers, for Plan to bring about. It is decided from
// the pods there are, so that it may be interrupted at any time and go on later,
// or back. How many pods too many and how many too few there may be on the way
// is up to [Rolling].
package replication

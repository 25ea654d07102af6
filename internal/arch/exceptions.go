package arch

// Exception excuses one place from one rule.
type Exception struct {
	// Rule is the rule that does not bind here.
	Rule Rule
	// Where names the place: a package ("orchestrator/process"), or a
	// declaration in it ("orchestrator/process.supervise",
	// "orchestrator/store.Table.Get"). What is excused is excused there alone.
	Where string
	// Why is the reason. Required: an exception without one excuses nothing.
	Why string
}

// exceptions is the list of everything in this module that is excused.
func exceptions() []Exception {
	return []Exception{
		{
			Rule: RuleExit, Where: "orchestrator/process.Supervise",
			Why: "it is the whole program: the one that looks after an attempt when the host program has gone",
		},
	}
}

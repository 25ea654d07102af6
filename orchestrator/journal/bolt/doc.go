// Package bolt is a journal in one file on one machine.
//
//	journal, err := bolt.Open("/var/lib/myproduct/state.db")
//	if err != nil {
//		return err
//	}
//	o, err := orchestrator.New(orchestrator.Config{Dial: …, Journal: journal})
//
// The file belongs to one process at a time. It has every object as it was last
// written, and no history: it grows with what there is, not with what happened.
//
// # What is in the file
//
// It is a bbolt database with two buckets, and any tool for bbolt shows them:
//
//	state    format    the number of this layout, in decimal
//	         revision  the newest revision, 8 bytes, the highest first
//	objects  Pod/default/web-1 → the object in JSON, as core/v1 spells it
//
// The key of an object is its kind, its namespace (empty for nodes and
// namespaces) and its name.
package bolt

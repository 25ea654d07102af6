// Package arch holds the rules of the house and checks them: which package may
// import which, what a pure package must not touch, what no library does, and
// that everything exported is explained and shown in use.
//
// Nothing imports it. Its tests run the checks on the module, so that a breach
// fails `go test ./...` with the place and the way out:
//
//	pod/quantity.go:12: pure-import: pod imports "math/rand": pure packages take randomness as an argument
//
// # Two checks
//
// [Check] is about structure: directions, purity, names, dependencies.
// [CheckDocs] is about what a reader finds: doc comments and examples. Both are
// functions from a [Module] (what the sources say) and a [House] (what the
// rules say) to violations, so a test can plant a violation in a module of its own.
//
// # How it looks
//
// The sources are parsed and not type-checked: a file counts whatever its build
// tags are, and a tree that does not compile is checked as well. The price is
// that names are taken at their word. `time.Now` is the clock where the file
// imports "time", also if a local variable of that name shadows the package; a
// method of a value, such as (*log.Logger).Fatal, is not seen.
//
// Nested modules, testdata, vendor and directories that begin with a dot or an
// underscore are not looked at.
//
// # Tests
//
// Test files may use clocks, goroutines and the operating system. Directions
// bind them all the same as long as they are part of the package. External test
// packages (package pod_test) may import to the right, for that is how a
// package is tried under what is built on it.
//
// # Changing the rules
//
// The rules are data: house.go says where each package lives and which modules
// may be used, exceptions.go says who is excused from what, and why. An
// exception that excuses nothing is itself a violation.
package arch

package orchtest_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// mutantRun is how this program runs one of the suites on a mutant.
type mutantRun struct {
	test     string   // the test that does it
	variable string   // of the environment: the name of the mutant
	flags    []string // beside those that all have
}

// outcomes runs the subtests of a suite that match (all: ".") on a mutant, and
// returns the names of those that passed, or failed: "PASS" or "FAIL", which all
// together must do.
func (r mutantRun) outcomes(t *testing.T, mutant, tests, outcome string) []string {
	t.Helper()
	suite := exec.Command(os.Args[0], append([]string{"-test.run=^" + r.test + "$/" + tests, "-test.v", "-test.timeout=60s"}, r.flags...)...)
	suite.Env = append(os.Environ(), r.variable+"="+mutant)
	out, err := suite.CombinedOutput()
	if failed := err != nil; failed != (outcome == "FAIL") {
		t.Fatalf("mutant %s: %v\n%s", mutant, err, out)
	}
	var names []string
	for _, found := range regexp.MustCompile(`--- `+outcome+`: `+r.test+`/(\w+)`).FindAllStringSubmatch(string(out), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

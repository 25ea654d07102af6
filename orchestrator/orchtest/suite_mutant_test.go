package orchtest_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutantRun is how this program runs one of the suites on a mutant.
type mutantRun struct {
	test     string   // the test that does it
	variable string   // of the environment: the name of the mutant
	flags    []string // beside those that all have
	named    bool     // of all tests only those run that are named for the mutant
}

// requireCanFail requires that each mutant fails the tests that are named for it, and that
// each of all tests is failed by a mutant. Those called "none" have no defect.
func requireCanFail[M any](t *testing.T, r mutantRun, all []string, mutants map[string]M, fails func(M) []string) {
	t.Helper()
	require.NotEmpty(t, all)
	failed := make(chan []string, len(mutants))
	t.Run("mutants", func(t *testing.T) {
		for name, m := range mutants {
			if strings.HasPrefix(name, "none") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tests := "."
				if r.named {
					tests = "^(" + strings.Join(fails(m), "|") + ")$"
				}
				names := r.outcomes(t, name, tests, "FAIL")
				require.Subset(t, names, fails(m))
				failed <- names
			})
		}
	})
	close(failed)
	var caught []string
	for names := range failed {
		caught = append(caught, names...)
	}
	require.Subset(t, caught, all, "tests that no mutant fails")
}

// outcomes runs the subtests of a suite that match (all: ".") on a mutant, and
// returns the names of those that passed, or failed: "PASS" or "FAIL", which all
// together must do.
func (r mutantRun) outcomes(t *testing.T, mutant, tests, outcome string) []string {
	t.Helper()
	suite := exec.Command(os.Args[0], append([]string{"-test.run=^" + r.test + "$/" + tests, "-test.v", "-test.timeout=10m"}, r.flags...)...)
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

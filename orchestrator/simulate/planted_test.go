package simulate_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var planted = flag.Bool("planted", false, "plant bugs, one after the other, and have the mixed faults find them; builds the module for each")

// bug is a defect that somebody might make: in a file of the module the right
// text, which is there once, is replaced by the wrong one.
type bug struct{ name, file, right, wrong string }

var bugs = []bug{
	{
		"the back-off is never reset", "lifecycle/backoff.go",
		">= b.reset {", ">= 1000*b.reset {",
	},
	{
		"the back-off is reset too early", "lifecycle/backoff.go",
		">= b.reset {", ">= b.reset/2 {",
	},
	{
		"nobody adopts", "replication/plan.go",
		"return free\n", "return foreign\n",
	},
	{
		"orphans are not found", "orchestrator/controllers.go",
		"e.orphans.Put(p.UID, p.Labels)", "_ = p",
	},
	{
		"nodes are given up too early", "node/evict.go",
		"Add(r.LostAfter)", "Add(r.LostAfter / 4)",
	},
	{
		"nodes are not given up", "orchestrator/machine.go",
		"if m.givenUp {", "if m.givenUp && m.heard.IsZero() {",
	},
	{
		"a pod is taken for known before its node was listed again", "orchestrator/machine.go",
		"return m.listed && !touched", "return m.listed || !touched",
	},
	{
		"a stop does not wait for what it replaces", "orchestrator/pods.go",
		"w.Cancel = under.ID", "_ = under.ID",
	},
	{
		"a pod that failed has succeeded", "lifecycle/judge.go",
		"phase = pod.Failed", "phase = pod.Succeeded",
	},
	{
		"a pod that failed is not over", "lifecycle/decide.go",
		"x.over = p.Status.Phase.Terminal()", "x.over = p.Status.Phase == pod.Succeeded",
	},
	{
		"traffic goes to pods that are on their way out", "service/resolve.go",
		"} else if p.Deleting() {", "} else if p.Deleting() && !ready {",
	},
	{
		"the addresses of services are given out again after a restart", "orchestrator/engine.go",
		"e.holdPortals(s)", "_ = s",
	},
	{
		"a drain counts only what it takes down itself", "orchestrator/drain.go",
		"return max(0, *c.Spec.Replicas-ready), true", "return max(0, ready-*c.Spec.Replicas), true",
	},
}

// A bug that is planted is found by one of 200 hours, and the seed of that hour
// finds it again, word for word. It takes some minutes:
//
//	go test ./orchestrator/simulate -run TestPlantedBugs -planted -timeout 30m -v
func TestPlantedBugs(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			overlay := b.plant(t)
			if !*planted {
				t.Skip("builds the module anew; see -planted")
			}
			bin := filepath.Join(t.TempDir(), "planted.test")
			out, err := exec.Command("go", "test", "-c", "-overlay", overlay, "-o", bin, ".").CombinedOutput()
			require.NoError(t, err, "%s", out)
			found, seed := hunt(bin, "-mixed.seeds=200")
			require.NotEmpty(t, seed, "200 hours, and nothing is wrong:\n%s", found)
			t.Log(found)
			for range 2 {
				again, _ := hunt(bin, "-mixed.seeds=1", "-mixed.first="+seed)
				require.Equal(t, found, again)
			}
		})
	}
}

// plant writes a file for go test -overlay and returns its name.
func (b bug) plant(t *testing.T) string {
	path, err := filepath.Abs(filepath.Join("..", "..", b.file))
	require.NoError(t, err)
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(source), b.right), "%s has not once: %s", b.file, b.right)
	dir := t.TempDir()
	spoiled := filepath.Join(dir, filepath.Base(b.file))
	require.NoError(t, os.WriteFile(spoiled, []byte(strings.Replace(string(source), b.right, b.wrong, 1)), 0o600))
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{path: spoiled}})
	require.NoError(t, err)
	overlay := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, text, 0o600))
	return overlay
}

// told is what a failing hour says.
var told = regexp.MustCompile(`(?s)seed (\d+): .*?-mixed\.seeds 1\n`)

// hunt plays hours until one fails, and returns what that says, and its seed.
func hunt(bin string, args ...string) (found, seed string) {
	out, err := exec.Command(bin, append([]string{"-test.run=^TestMixedFaults$", "-test.parallel=1", "-test.failfast"}, args...)...).CombinedOutput()
	if match := told.FindSubmatch(out); match != nil {
		return string(match[0]), string(match[1])
	}
	return fmt.Sprintf("%s%v", out, err), ""
}

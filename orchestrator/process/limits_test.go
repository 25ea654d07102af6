//go:build linux

package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// limited skips the test where limits can't be set, and says why.
func (x *rig) limited() {
	x.Helper()
	for _, w := range x.Warnings() {
		if strings.Contains(w, "limits are not enforced") {
			x.Skip(w)
		}
	}
}

// groupsOf finds the control groups of a pod's attempts.
func groupsOf(t *testing.T, cgroup, uid string) []string {
	t.Helper()
	v1, err := filepath.Glob("/sys/fs/cgroup/*/" + cgroup + "/" + uid + ".*")
	require.NoError(t, err)
	v2, err := filepath.Glob("/sys/fs/cgroup/" + cgroup + "/" + uid + ".*")
	require.NoError(t, err)
	return append(v1, v2...)
}

func TestMemoryLimit(t *testing.T) {
	x := newRig(t)
	x.config.Cgroup = fmt.Sprint("coracle-test-", os.Getpid())
	x.open()
	x.limited()
	p := x.pod("greedy", "hog")
	p.Spec.Containers[0].Resources.Limits = pod.Resources{pod.Memory: pod.MustParseQuantity("48Mi")}
	got := x.run(p)
	require.Equal(t, "OOMKilled", got.Reason)
	require.Equal(t, 137, got.ExitCode)
	require.Empty(t, groupsOf(t, x.config.Cgroup, "greedy"), "groups go with the attempt")

	modest := x.pod("modest", "exit", "3")
	modest.Spec.Containers[0].Resources.Limits = p.Spec.Containers[0].Resources.Limits
	require.Equal(t, "Error", x.run(modest).Reason)
}

func TestCPULimit(t *testing.T) {
	x := newRig(t)
	x.config.Cgroup = fmt.Sprint("coracle-test-", os.Getpid())
	x.open()
	x.limited()
	p := x.pod("cpu", "spin")
	p.Spec.Containers[0].Resources.Limits = pod.Resources{pod.CPU: pod.MustParseQuantity("100m")}
	x.run(p)
	var used int
	log := x.says(orchestrator.RefTo(p, "main"), "used")
	_, after, _ := strings.Cut(log, "used ")
	_, err := fmt.Sscan(after, &used)
	require.NoError(t, err)
	require.Less(t, used, 300, "milliseconds of cpu in a second, at a limit of 100")
}

// The limits hold for the program and all it starts; the supervisor is outside.
// They are gone with the container, however that ends.
func TestGroupMembers(t *testing.T) {
	x := newRig(t)
	x.config.Cgroup = fmt.Sprint("coracle-test-", os.Getpid())
	x.open()
	x.limited()
	at := filepath.Join(x.dir, "family")
	p := x.pod("members", "family", at)
	p.Spec.Containers[0].Resources.Limits = pod.Resources{
		pod.Memory: pod.MustParseQuantity("256Mi"), pod.CPU: pod.MustParseQuantity("1"),
	}
	x.start(p)
	x.until("all four are there", func() bool { return len(pidsIn(at)) == 4 })
	ref := orchestrator.RefTo(p, "main")
	groups := groupsOf(t, x.config.Cgroup, "members")
	require.NotEmpty(t, groups)
	for _, dir := range groups {
		require.ElementsMatch(t, pidsIn(at), pidsIn(filepath.Join(dir, "cgroup.procs")))
	}
	require.NoError(t, x.Probe(x.ctx, ref, []string{"sh", "-c", "grep -q " + x.config.Cgroup + " /proc/self/cgroup"}))
	require.NoError(t, x.Probe(x.ctx, ref, []string{"true"}))
	kill(t, x.supervisor(ref), 9)
	x.ended(ref)
	require.Empty(t, groupsOf(t, x.config.Cgroup, "members"))
	x.start(attempt(p, 1))
	require.NotEmpty(t, groupsOf(t, x.config.Cgroup, "members"))
	require.NoError(t, x.Remove(x.ctx, "members"))
	require.Empty(t, groupsOf(t, x.config.Cgroup, "members"))
}

// Goroutines and files that a container needs are given back when it ends.
func TestNothingLeaks(t *testing.T) {
	x := newRig(t)
	x.run(x.pod("first", "exit", "0"))
	before := counts()
	for i := range 8 {
		p := x.pod(fmt.Sprint("p", i), "exit", "0")
		if i%2 == 0 {
			p = x.pod(fmt.Sprint("p", i), "forever")
		}
		x.start(p)
		if i%2 == 0 {
			require.NoError(t, x.Stop(x.ctx, orchestrator.RefTo(p, "main"), 0))
		}
		x.ended(orchestrator.RefTo(p, "main"))
	}
	x.until("as many goroutines, files and children as before", func() bool {
		now := counts()
		return now.goroutines <= before.goroutines && now.files <= before.files && now.children <= before.children
	})
	x.start(x.pod("lives", "forever"))
	require.NoError(t, x.Close())
	x.until("Close gives back the rest", func() bool {
		now := counts()
		return now.goroutines <= before.goroutines && now.files <= before.files
	})
	x.Runtime = nil
	x.open()
}

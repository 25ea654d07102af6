package inventory_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/inventory"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
)

func TestWhatAMachineIs(t *testing.T) {
	c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml")}
	write(t, c.Path, `
apiVersion: v1
kind: Node
metadata:
  name: m1
  uid: "4711"
  labels:
    topology.kubernetes.io/zone: rack-7
    topology.kubernetes.io/region: cellar
    node.kubernetes.io/instance-type: old-pc
    disk: ssd
  annotations:
    coracle.dev/health-url: http://192.0.2.11/healthz
    coracle.dev/cloud: inventory
spec:
  providerID: cellar://7
status:
  phase: Running
  addresses: [{type: InternalIP, address: 192.0.2.11}, {type: Hostname, address: m1}]
  capacity: {cpu: 4, memory: 8Gi}
  allocatable: {cpu: 4000m, memory: 8Gi}
  conditions: [{type: Ready, status: "True"}]
---
apiVersion: v1beta1
kind: Minion
id: m2
hostIP: 192.0.2.12
`)
	list, err := c.Instances(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	cpu, memory := list[0].Capacity["cpu"], list[0].Capacity["memory"]
	require.Equal(t, "4 8Gi", cpu.String()+" "+memory.String())
	list[0].Capacity = nil
	require.Equal(t, []node.Instance{
		{
			ID: "m1", ProviderID: "cellar://7", Type: "old-pc", Zone: "rack-7", Region: "cellar",
			Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.11"}, {Type: node.Hostname, Address: "m1"}},
			Labels:    labels.Set{"disk": "ssd"}, HealthURL: "http://192.0.2.11/healthz",
		},
		{ID: "m2", Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.12"}}},
	}, list)
}

func TestWhatIsRefused(t *testing.T) {
	const head = "apiVersion: v1\nkind: Node\nmetadata: {name: m1}\n"
	const elsewhere = "unsupported in an inventory: it is a matter of the node that is made for the machine; update that"
	for name, test := range map[string]struct{ text, want string }{
		"another kind":   {"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", `:1: document 1: is no Node, and an inventory holds nothing else`},
		"twice":          {minimal("a", "b", "a"), `:10: document 3: "a": this Node is already in document 1, line 2`},
		"half":           {"apiVersion: v1\nkind: Node\nmetadata: {na", `:3: document 1: not YAML: did not find expected ',' or '}'`},
		"nothing":        {"", `: empty: no document is in it`},
		"no amount":      {head + "status: {capacity: {cpu: four}}\n", `:4: document 1: status.capacity[cpu]: "four": `},
		"no such field":  {head + "status: {adresses: []}\n", `:4: document 1: status.adresses: unknown field; did you mean addresses?`},
		"a generated":    {"apiVersion: v1\nkind: Node\nmetadata: {generateName: m}\n", `:3: document 1: metadata.generateName: "m": unsupported in an inventory: a machine has a name that stays the same`},
		"a namespace":    {"apiVersion: v1\nkind: Node\nmetadata: {name: m, namespace: x}\n", `:3: document 1: metadata.namespace: "x": must not be given: nodes have none`},
		"an annotation":  {"apiVersion: v1\nkind: Node\nmetadata: {name: m, annotations: {x: y}}\n", `:3: document 1: metadata.annotations[x]: "y": ` + elsewhere},
		"an owner":       {"apiVersion: v1\nkind: Node\nmetadata: {name: m, ownerReferences: [{apiVersion: v1, kind: Node, name: o, uid: u}]}\n", `:3: document 1: metadata.ownerReferences: "o": ` + elsewhere},
		"a cordon":       {head + "spec: {unschedulable: true}\n", `:4: document 1: spec.unschedulable: "true": ` + elsewhere},
		"a taint":        {head + "spec: {taints: [{key: k, effect: NoExecute}]}\n", `:4: document 1: spec.taints: "k": ` + elsewhere},
		"a range":        {head + "spec: {podCIDR: 10.0.0.0/24}\n", `:4: document 1: spec.podCIDR: "10.0.0.0/24": ` + elsewhere},
		"an allocatable": {head + "status: {capacity: {cpu: 2}, allocatable: {cpu: 1}}\n", `:4: document 1: status.allocatable: "cpu=1": ` + elsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml")}
			write(t, c.Path, test.text)
			list, err := c.Instances(t.Context())
			require.Empty(t, list)
			require.ErrorContains(t, err, fmt.Sprintf("read inventory %q: %s%s", c.Path, c.Path, test.want))
			require.ErrorAs(t, err, new(manifest.Errors))
		})
	}
}

// What is wrong with one machine is not for the inventory to say: the others go on.
func TestOneWrongMachineHidesNoOther(t *testing.T) {
	c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml")}
	write(t, c.Path, minimal("m1")+"---\napiVersion: v1\nkind: Node\nmetadata: {name: Bad}\nstatus: {addresses: [{type: InternalIP, address: nowhere}], capacity: {cpu: -1}}\n"+
		"---\napiVersion: v1\nkind: Node\nmetadata: {}\n"+minimal("m2"))
	require.Equal(t, "m1 Bad  m2", ids(t, c))
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	c := &inventory.Cloud{Path: dir}
	none := fmt.Sprintf("read inventory %q: no *.yaml, *.yml or *.json file is in this folder; a list without items says that there are no machines", dir)
	require.Equal(t, none, ids(t, c), "an empty folder is more likely a mistake than a cluster without nodes")

	write(t, filepath.Join(dir, "b.yaml"), minimal("m3"))
	write(t, filepath.Join(dir, "a.yml"), minimal("m2", "m1"))
	write(t, filepath.Join(dir, "c.json"), `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "m4"}}`)
	write(t, filepath.Join(dir, "README"), "none of this")
	write(t, filepath.Join(dir, ".a.yml"), "nor that")
	require.NoError(t, os.Symlink("nobody@nowhere", filepath.Join(dir, ".#b.yaml")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d.yaml"), 0o700))
	write(t, filepath.Join(dir, "d.yaml", "e.yaml"), minimal("m5"))
	write(t, filepath.Join(dir, "c.json"), minimal("m4"))
	require.Equal(t, "m2 m1 m3 m4", ids(t, c))

	write(t, filepath.Join(dir, "z.yaml"), minimal("m3"))
	require.Equal(t, fmt.Sprintf(`read inventory %q: %[1]s/z.yaml:2: document 1: "m3": this Node is already in document 1, line 2 of %[1]s/b.yaml`, dir), ids(t, c))
	require.NoError(t, os.Rename(filepath.Join(dir, "z.yaml"), filepath.Join(dir, "b.yaml")))
	require.Equal(t, "m2 m1 m3 m4", ids(t, c))

	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(dir, "n.yaml")))
	require.Equal(t, fmt.Sprintf("read inventory %q: n.yaml: is not a regular file", dir), ids(t, c))
	require.NoError(t, os.Remove(filepath.Join(dir, "n.yaml")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "n.yaml")))
	require.Equal(t, fmt.Sprintf("read inventory %q: stat %[1]s/n.yaml: no such file or directory", dir), ids(t, c))
}

func TestNothingThere(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		"":                          "stat: no such file or directory",
		filepath.Join(dir, "no"):    "stat: no such file or directory",
		os.DevNull:                  "is not a regular file",
		filepath.Join(dir, "large"): "larger than 67108864",
	} {
		if strings.HasSuffix(path, "large") {
			write(t, path, "")
			require.NoError(t, os.Truncate(path, 100<<20))
			require.NoError(t, os.Chtimes(path, time.Time{}, past()))
		}
		_, err := (&inventory.Cloud{Path: path}).Instances(t.Context())
		require.ErrorContains(t, err, fmt.Sprintf("read inventory %q: ", path))
		require.ErrorContains(t, err, want)
	}
	_, err := (&inventory.Cloud{Path: filepath.Join(dir, "no")}).Instances(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A file is read again only where its time, size or inode changed.
func TestReadsWhatChanged(t *testing.T) {
	c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml")}
	write(t, c.Path, minimal("m1"))
	require.Equal(t, "m1", ids(t, c))
	info, err := os.Stat(c.Path)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(c.Path, []byte(minimal("m2")), 0o600))
	require.NoError(t, os.Chtimes(c.Path, time.Time{}, info.ModTime()))
	require.Equal(t, "m1", ids(t, c), "nothing tells that it changed, so it was not read")

	require.NoError(t, os.Chtimes(c.Path, time.Time{}, past()))
	require.Equal(t, "m2", ids(t, c), "another time")

	at := past()
	require.NoError(t, os.Chtimes(c.Path, time.Time{}, at))
	require.Equal(t, "m2", ids(t, c))
	require.NoError(t, os.WriteFile(c.Path, []byte(minimal("m33")), 0o600))
	require.NoError(t, os.Chtimes(c.Path, time.Time{}, at))
	require.Equal(t, "m33", ids(t, c), "another size")

	other := c.Path + ".other"
	require.NoError(t, os.WriteFile(other, []byte(minimal("m44")), 0o600))
	require.NoError(t, os.Chtimes(other, time.Time{}, at))
	require.NoError(t, os.Rename(other, c.Path))
	require.Equal(t, "m44", ids(t, c), "another file")
}

// In a bubble it is the year 2000: every file seems to be from the future, as it
// does where the clock of a network disk is ahead, and what counts is how long
// it was seen unchanged.

func TestHalfWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml")}
		require.NoError(t, os.WriteFile(c.Path, []byte(minimal("m1")), 0o600)) // a valid half
		time.AfterFunc(600*time.Millisecond, func() {
			require.NoError(t, os.WriteFile(c.Path, []byte(minimal("m1", "m2")), 0o600))
		})
		begin := time.Now()
		require.Equal(t, "m1 m2", ids(t, c))
		require.Equal(t, 2*time.Second, time.Since(begin))
		require.Equal(t, "m1 m2", ids(t, c))
		require.Equal(t, 2*time.Second, time.Since(begin), "what is known is known at once")

		require.NoError(t, os.WriteFile(c.Path, []byte(minimal("m1")), 0o600))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.Instances(ctx)
		require.EqualError(t, err, fmt.Sprintf("read inventory %q: it is being written to: context deadline exceeded", c.Path))
		require.Equal(t, "m1", ids(t, c))
		require.Equal(t, 3*time.Second, time.Since(begin), "since it was first seen like this")

		c = &inventory.Cloud{Path: c.Path, Settle: -1}
		require.Equal(t, "m1", ids(t, c))
		require.Equal(t, 3*time.Second, time.Since(begin))
	})
}

// hinted takes a hint, or fails when none comes.
func hinted(t *testing.T, c *inventory.Cloud) {
	t.Helper()
	select {
	case <-c.Changed():
	case <-time.After(time.Minute):
		require.Fail(t, "no hint")
	}
}

func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml"), Poll: 300 * time.Millisecond, Settle: time.Second}
		write(t, c.Path, minimal("m1"))
		require.Equal(t, "m1", ids(t, c))
		begin := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		none := func(why string) {
			t.Helper()
			synctest.Wait()
			select {
			case <-c.Changed():
				require.Fail(t, "a hint: "+why)
			default:
			}
		}
		after := func(d time.Duration) {
			t.Helper()
			hinted(t, c)
			require.Equal(t, d, time.Since(begin))
			begin = time.Now()
		}

		time.Sleep(time.Minute)
		none("nothing changed")
		begin = time.Now()
		write(t, c.Path, minimal("m1", "m2"))
		after(1500 * time.Millisecond) // seen after 300 ms, alone at the fourth look from then
		time.Sleep(time.Minute)
		none("it was told once")

		begin = time.Now()
		require.NoError(t, os.Rename(c.Path, c.Path+".off"))
		after(300 * time.Millisecond)
		time.Sleep(time.Minute)
		none("it was told that the file is gone")
		require.Contains(t, ids(t, c), "no such file")
		begin = time.Now()
		require.NoError(t, os.Rename(c.Path+".off", c.Path))
		after(300 * time.Millisecond) // the same file, which was alone before
		require.Equal(t, "m1 m2", ids(t, c))

		c.Hint()
		c.Hint()
		hinted(t, c)
		none("hints coalesce")
		cancel()
		require.NoError(t, <-ended)
	})
}

// A change between the last list and the start of Run is not lost.
func TestHintAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml"), Settle: -1}
		write(t, c.Path, minimal("m1"))
		require.Equal(t, "m1", ids(t, c))
		write(t, c.Path, minimal("m2"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		hinted(t, c)
		require.Equal(t, "m2", ids(t, c))
		cancel()
		require.NoError(t, <-ended)
	})
}

// Kubernetes mounts a ConfigMap as links into a folder that is replaced by
// replacing the link to it.
func TestLinksThatAreSwapped(t *testing.T) {
	dir := t.TempDir()
	for version, text := range map[string]string{"..1": minimal("m1"), "..2": minimal("m1", "m2")} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		write(t, filepath.Join(dir, version, "nodes.yaml"), text)
	}
	require.NoError(t, os.Symlink("..1", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink(filepath.Join("..data", "nodes.yaml"), filepath.Join(dir, "nodes.yaml")))
	c := &inventory.Cloud{Path: dir, Settle: -1}
	require.Equal(t, "m1", ids(t, c))
	require.NoError(t, os.Symlink("..2", filepath.Join(dir, "..new")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")))
	require.Equal(t, "m1 m2", ids(t, c))
}

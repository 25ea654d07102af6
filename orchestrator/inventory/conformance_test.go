package inventory_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/inventory"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// settle is how long the files have to be left alone: longer than anything keeps whoever
// writes to them from its turn. Those of the tests were written long ago.
const settle = time.Minute

func harness() orchtest.CloudHarness {
	file := func(c orchestrator.Cloud) string { return c.(*inventory.Cloud).Path }
	return orchtest.CloudHarness{
		New: func(t *testing.T, instances []node.Instance) orchestrator.Cloud {
			c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes.yaml"), Poll: 5 * time.Millisecond, Settle: settle}
			write(t, c.Path, yaml(t, instances))
			return c
		},
		Set: func(t *testing.T, c orchestrator.Cloud, instances []node.Instance) {
			write(t, file(c), yaml(t, instances))
		},
		Invalid: func(i int) node.Instance {
			return node.Instance{ID: "No Name", Addresses: []node.Address{{Type: node.InternalIP, Address: "none"}}}
		},
		Fail: func(t *testing.T, c orchestrator.Cloud) func() {
			good, err := os.ReadFile(file(c))
			require.NoError(t, err)
			write(t, file(c), "apiVersion: v1\nkind: Node\nmetadata: {na")
			return func() { write(t, file(c), string(good)) }
		},
		Hang: func(t *testing.T, c orchestrator.Cloud) func() { return scribble(t, file(c)) },
		Reopen: func(_ *testing.T, old orchestrator.Cloud) orchestrator.Cloud {
			return &inventory.Cloud{Path: file(old)}
		},
	}
}

// scribble writes to the file again and again until the function is called that it returns.
func scribble(t *testing.T, path string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now()))
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			if err := os.Chtimes(path, time.Time{}, time.Now()); err != nil {
				ended <- err
				return
			}
		}
		ended <- os.Chtimes(path, time.Time{}, past())
	}()
	return func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

func TestConformance(t *testing.T) { orchtest.Cloud(t, harness()) }

// The same machines, spread over the files of a folder.
func TestConformanceOfAFolder(t *testing.T) {
	h := harness()
	set := func(t *testing.T, dir string, instances []node.Instance) {
		half := len(instances) / 2
		other := filepath.Join(t.TempDir(), "new")
		require.NoError(t, os.Mkdir(other, 0o700))
		write(t, filepath.Join(other, "1.yaml"), yaml(t, instances[:half]))
		write(t, filepath.Join(other, "2.yml"), yaml(t, instances[half:]))
		// The folder is a link, so that all of its files change at once.
		link := dir + ".new"
		require.NoError(t, os.Symlink(other, link))
		require.NoError(t, os.Rename(link, dir))
	}
	h.New = func(t *testing.T, instances []node.Instance) orchestrator.Cloud {
		c := &inventory.Cloud{Path: filepath.Join(t.TempDir(), "nodes"), Poll: 5 * time.Millisecond, Settle: settle}
		set(t, c.Path, instances)
		return c
	}
	h.Set = func(t *testing.T, c orchestrator.Cloud, instances []node.Instance) {
		set(t, c.(*inventory.Cloud).Path, instances)
	}
	h.Fail = func(t *testing.T, c orchestrator.Cloud) func() {
		dir := c.(*inventory.Cloud).Path
		bad := filepath.Join(dir, "3.json")
		write(t, bad, `{"apiVersion": "v1", "kind": "Node"`)
		return func() {
			require.NoError(t, os.Remove(bad))
			require.NoError(t, os.Chtimes(dir, time.Time{}, past()))
		}
	}
	h.Hang = func(t *testing.T, c orchestrator.Cloud) func() {
		return scribble(t, filepath.Join(c.(*inventory.Cloud).Path, "1.yaml"))
	}
	orchtest.Cloud(t, h)
}

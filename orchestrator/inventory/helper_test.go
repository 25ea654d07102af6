package inventory_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/inventory"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
)

// write makes text the file, as an atomic replacement that happened long ago.
// Each call is a little less long ago, so that no two look the same.
func write(t testing.TB, path, text string) {
	t.Helper()
	young := path + ".new"
	require.NoError(t, os.WriteFile(young, []byte(text), 0o600))
	require.NoError(t, os.Chtimes(young, time.Time{}, past()))
	require.NoError(t, os.Rename(young, path))
	require.NoError(t, os.Chtimes(filepath.Dir(path), time.Time{}, past()))
}

var past = func() func() time.Time {
	var mu sync.Mutex
	last := time.Now().Add(-time.Hour)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		last = last.Add(10 * time.Millisecond)
		return last
	}
}()

// yaml writes machines as an inventory.
func yaml(t testing.TB, machines []node.Instance) string {
	t.Helper()
	if len(machines) == 0 {
		return "apiVersion: v1\nkind: List\nitems: []\n"
	}
	var nodes []labels.Object
	for _, m := range machines {
		nodes = append(nodes, m.Node())
	}
	var out bytes.Buffer
	require.NoError(t, manifest.Write(&out, nodes...))
	return out.String()
}

// minimal is an inventory of machines with nothing but a name.
func minimal(names ...string) string {
	var out strings.Builder
	for _, name := range names {
		fmt.Fprintf(&out, "---\napiVersion: v1\nkind: Node\nmetadata: {name: %s}\n", name)
	}
	return out.String()
}

// ids returns what the cloud lists, in its order, or its error.
func ids(t *testing.T, c *inventory.Cloud) string {
	t.Helper()
	list, err := c.Instances(t.Context())
	if err != nil {
		require.Empty(t, list)
		return err.Error()
	}
	var all []string
	for _, i := range list {
		all = append(all, i.ID)
	}
	return strings.Join(all, " ")
}

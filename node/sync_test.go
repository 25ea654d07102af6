package node_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
)

// TestSync plays the transcripts of testdata/sync: how nodes follow a cloud's
// list. See follower for the commands.
func TestSync(t *testing.T) {
	transcript.Files(t, "testdata/sync/*.txt", func(*testing.T) transcript.Handler { return newFollower().handle })
}

// follower is a cloud, and the nodes that follow it. Its commands:
//
//	rules match=PATTERN most=SHARE   how they follow
//	instance ID …       the cloud has an instance, or it is other than it was:
//	                    provider= type= zone= region= ip= public= cpu= gpu= health= label=KEY:VALUE
//	twice ID ip=        it is listed once more
//	machines N          it has the instances m-1 … m-N besides
//	gone ID …           instances go
//	list                the cloud is asked, and its answer followed
//	empty               its answer is empty
//	node ID             somebody makes a node by hand
//	give ID to=test     and gives it to a cloud
//	label ID KEY:VALUE  and writes a label
//	delete ID           asks for the deletion of a node
//	forget ID           and it goes
//	show ID             shows a node
type follower struct {
	nodes     []*node.Node
	instances []node.Instance
	rules     node.SyncRules
	state     node.SyncState
}

func newFollower() *follower { return &follower{rules: node.SyncRules{Cloud: "test"}} }

func (w *follower) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "rules":
		w.rules.Match = c.Text("match", "")
		fmt.Sscan(c.Text("most", "0"), &w.rules.MaxDelete)
		if err := w.rules.Validate(); err != nil {
			return err.Error()
		}
	case "instance":
		w.lose(c.Word(0))
		w.instances = append(w.instances, readInstance(c))
	case "twice":
		w.instances = append(w.instances, readInstance(c))
	case "machines":
		var n int
		fmt.Sscan(c.Word(0), &n)
		for i := range n {
			w.instances = append(w.instances, node.Instance{ID: fmt.Sprint("m-", i+1)})
		}
	case "gone":
		for _, id := range c.Words() {
			w.lose(id)
		}
	case "list":
		return w.sync(t, w.instances)
	case "empty":
		return w.sync(t, nil)
	default:
		return w.byHand(c)
	}
	return ""
}

func (w *follower) lose(id string) {
	w.instances = slices.DeleteFunc(w.instances, func(i node.Instance) bool { return i.ID == id })
}

// byHand carries out what somebody does to a node.
func (w *follower) byHand(c *transcript.Command) string {
	if c.Name == "node" {
		w.nodes = append(w.nodes, &node.Node{Meta: labels.Meta{Name: c.Word(0)}, Status: node.Status{Phase: node.Pending}})
		return ""
	}
	k := slices.IndexFunc(w.nodes, func(n *node.Node) bool { return n.Name == c.Word(0) })
	if k < 0 {
		c.Fatalf("there is no such node")
	}
	n := w.nodes[k].Copy()
	w.nodes[k] = n
	switch c.Name {
	case "give":
		n.Annotations = map[string]string{node.CloudAnnotation: c.Text("to", "test")}
	case "label":
		key, value, _ := strings.Cut(c.Word(1), ":")
		if n.Labels == nil {
			n.Labels = labels.Set{}
		}
		n.Labels[key] = value
	case "delete":
		n.DeletionTimestamp = t0
	case "forget":
		w.nodes = slices.Delete(w.nodes, k, k+1)
	case "show":
		return showNode(n)
	default:
		c.Unknown()
	}
	return ""
}

func readInstance(c *transcript.Command) node.Instance {
	i := node.Instance{
		ID: c.Word(0), ProviderID: c.Text("provider", ""), Type: c.Text("type", ""), Zone: c.Text("zone", ""),
		Region: c.Text("region", ""), HealthURL: c.Text("health", ""),
	}
	if ip := c.Text("ip", ""); ip != "" {
		i.Addresses = append(i.Addresses, node.Address{Type: node.InternalIP, Address: ip})
	}
	if ip := c.Text("public", ""); ip != "" {
		i.Addresses = append(i.Addresses, node.Address{Type: node.DynamicIP, Address: ip})
	}
	if cpu := c.Text("cpu", ""); cpu != "" {
		i.Capacity = amounts("cpu", cpu)
	}
	if gpu := c.Text("gpu", ""); gpu != "" {
		i.Capacity = i.Capacity.Add(amounts("example.com/gpu", gpu))
	}
	if key, value, ok := strings.Cut(c.Text("label", ""), ":"); ok {
		i.Labels = labels.Set{key: value}
	}
	return i
}

// showNode shows what a cloud may say of a node.
func showNode(n *node.Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", n.Name, n.Status.Phase)
	for _, part := range []struct{ key, value string }{
		{"provider", n.Spec.ProviderID}, {"capacity", n.Status.Capacity.String()}, {"labels", n.Labels.String()}, {"annotations", labels.Set(n.Annotations).String()},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, "\n%s %s", part.key, part.value)
		}
	}
	for _, a := range n.Status.Addresses {
		fmt.Fprintf(&b, "\n%s %s", a.Type, a.Address)
	}
	return b.String()
}

// sync follows a list, carries out what follows, and shows it.
func (w *follower) sync(t testing.TB, list []node.Instance) string {
	s := w.follow(t, list)
	var b strings.Builder
	for _, n := range s.Create {
		fmt.Fprintf(&b, "create %s\n", n.Name)
	}
	for _, n := range s.Update {
		fmt.Fprintf(&b, "update %s\n", n.Name)
	}
	for _, name := range s.Delete {
		fmt.Fprintf(&b, "delete %s\n", name)
	}
	if len(s.Held) > 0 {
		fmt.Fprintf(&b, "held %s\n", strings.Join(s.Held, " "))
	}
	for _, p := range s.Problems {
		e := p.Event()
		fmt.Fprintf(&b, "event %s %s%s: %s\n", e.Type, strings.TrimPrefix(e.InvolvedObject.Name+" ", " "), e.Reason, e.Message)
	}
	return b.String()
}

// follow follows a list and carries out what follows. It checks what must hold.
func (w *follower) follow(t testing.TB, list []node.Instance) node.Synced {
	before := make(map[string]*node.Node)
	for _, n := range w.nodes {
		before[n.Name] = n.Copy()
	}
	s := node.Sync(w.nodes, list, w.state, w.rules)
	other := node.Sync(reversed(w.nodes), list, w.state, w.rules)
	require.Equal(t, s, other, "the order of the nodes does not matter")
	for _, n := range w.nodes {
		require.Equal(t, before[n.Name], n, "nodes are not changed")
	}
	owned := 0
	for _, n := range before {
		if n.Annotations[node.CloudAnnotation] == w.rules.Cloud && !n.Deleting() {
			owned++
		}
	}
	for _, name := range s.Delete {
		require.Equal(t, w.rules.Cloud, before[name].Annotations[node.CloudAnnotation], "%s is not the cloud's", name)
		require.False(t, before[name].Deleting())
		if share := w.rules.MaxDelete; len(s.Delete) > 1 && share <= 0 && float64(len(s.Delete)) > 0.2*float64(owned) {
			require.Contains(t, w.state.Missing, name, "many go only if two lists agree")
		}
	}
	w.apply(t, s)
	again := node.Sync(w.nodes, list, w.state, w.rules)
	for _, n := range again.Create {
		require.Contains(t, s.Delete, n.Name, "following again")
	}
	require.Empty(t, again.Update, "following again")
	w.state = s.State
	return s
}

func reversed(nodes []*node.Node) []*node.Node {
	nodes = slices.Clone(nodes)
	slices.Reverse(nodes)
	return nodes
}

// apply carries out what follows.
func (w *follower) apply(t testing.TB, s node.Synced) {
	for _, n := range s.Create {
		require.NoError(t, n.Validate())
		w.nodes = append(w.nodes, n)
	}
	for _, n := range s.Update {
		for k := range w.nodes {
			if w.nodes[k].Name == n.Name {
				require.NoError(t, n.ValidateUpdate(w.nodes[k]))
				w.nodes[k] = n
			}
		}
	}
	w.nodes = slices.DeleteFunc(w.nodes, func(n *node.Node) bool { return slices.Contains(s.Delete, n.Name) })
}

// TestSyncSettles lets clouds list at random, and checks that the nodes are the
// instances once the list has been the same twice.
func TestSyncSettles(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 9))
		w := newFollower()
		w.nodes = append(w.nodes, &node.Node{Meta: labels.Meta{Name: "hand"}})
		var list []node.Instance
		for range 30 {
			list = list[:0:0]
			full := random.IntN(10) > 0
			for i := range 12 {
				if full && random.IntN(12) > 0 {
					list = append(list, node.Instance{
						ID: fmt.Sprint("i-", i), ProviderID: fmt.Sprint(i, "-", random.IntN(10)/9),
						Addresses: []node.Address{{Type: node.InternalIP, Address: fmt.Sprint("10.0.0.", 1+random.IntN(3))}},
					})
				}
			}
			w.follow(t, list)
		}
		for range 3 { // one more, for machines that are others under the same name
			w.follow(t, list)
		}
		var names []string
		for _, n := range w.nodes {
			names = append(names, n.Name)
		}
		want := []string{"hand"}
		for _, i := range list {
			want = append(want, i.ID)
		}
		require.ElementsMatch(t, want, names, "seed %d", seed)
	}
}

// Rules that are not valid must not look like a list without instances.
func TestSyncInvalidRules(t *testing.T) {
	state := node.SyncState{Missing: []string{"i-1"}}
	n := &node.Node{Meta: labels.Meta{Name: "i-1"}}
	for _, r := range []node.SyncRules{{}, {Cloud: "test", Match: "["}} {
		require.Error(t, r.Validate())
		s := node.Sync([]*node.Node{n}, nil, state, r)
		require.Len(t, s.Problems, 1)
		require.Equal(t, state, s.State)
		require.Empty(t, s.Delete)
	}
}

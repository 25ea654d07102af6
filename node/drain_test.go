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
	"github.com/coracle-dev/coracle/pod"
)

// TestDrain plays the transcripts of testdata/drain: how a node is emptied. See
// drained for the commands.
func TestDrain(t *testing.T) {
	transcript.Files(t, "testdata/drain/*.txt", func(*testing.T) transcript.Handler {
		return (&drained{node: &node.Node{Meta: labels.Meta{Name: "n1"}}, asked: map[string]int{}}).handle
	})
}

// drained is a node that is drained, and controllers with pods on it and
// elsewhere. Its commands:
//
//	controller NAME here=N elsewhere=N down=N   asks for that many pods; the last
//	                      down of those elsewhere are not ready
//	alone NAME            a pod on the node that no controller makes again; with the
//	                      word orphan, its controller has gone
//	ended NAME            one that has ended
//	unready NAME          a pod of the node is not ready
//	drain N force         asks for the drain
//	annotate KEY VALUE    writes an annotation by hand
//	cancel                takes the request back
//	gone                  what was evicted has gone, and its controller made it again elsewhere
//	ready                 everything elsewhere is ready
//	refusal               shows why the node takes no pods
//
// drain, gone and ready show what is decided. What is decided is carried out.
type drained struct {
	node  *node.Node
	pods  []*pod.Pod // everywhere
	asked map[string]int
	made  int
}

func (w *drained) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "controller":
		name := c.Word(0)
		here, elsewhere, down := c.Int("here", 0), c.Int("elsewhere", 0), c.Int("down", 0)
		w.asked[name] = here + elsewhere
		for i := range here {
			w.pods = append(w.pods, newOwned(fmt.Sprint(name, "-", i), name, "n1", true))
		}
		for i := range elsewhere {
			w.pods = append(w.pods, newOwned(fmt.Sprint(name, "-e", i), name, "n2", i < elsewhere-down))
		}
		return ""
	case "alone", "ended":
		p := newOwned(c.Word(0), "", "n1", true)
		p.OwnerReferences = nil
		if c.Has("orphan") {
			p.OwnerReferences = newOwned("", "deleted", "", true).OwnerReferences
		}
		if c.Name == "ended" {
			p.Status.Phase = pod.Failed
		}
		w.pods = append(w.pods, p)
		return ""
	case "unready":
		for _, p := range w.pods {
			if p.Name == c.Word(0) {
				p.Status.Conditions = nil
			}
		}
		return ""
	case "drain":
		r := node.DrainRequest{Force: c.Has("force")}
		fmt.Sscan(c.Word(0), &r.Limit)
		w.node.RequestDrain(r)
	case "annotate":
		w.node.Annotations = map[string]string{c.Word(0): c.Word(1)}
	case "cancel":
		w.node.CancelDrain()
	case "refusal":
		n := w.node.Copy()
		n.Status = machine().Status
		return n.Refusal()
	case "gone":
		w.gone()
	case "ready":
		for _, p := range w.pods {
			if p.Spec.NodeName != "n1" {
				p.Status.Conditions = []pod.Condition{{Type: pod.Ready, Status: pod.True}}
			}
		}
	default:
		c.Unknown()
	}
	return w.decide(t)
}

// newOwned makes a pod of a controller.
func newOwned(name, owner, on string, ready bool) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name, UID: name, OwnerReferences: []labels.OwnerReference{{UID: owner, Controller: true}}}}
	p.Spec.NodeName, p.Status.Phase = on, pod.Running
	if ready {
		p.Status.Conditions = []pod.Condition{{Type: pod.Ready, Status: pod.True}}
	}
	return p
}

// gone lets the pods go that are being deleted, and makes new ones that are not ready yet.
func (w *drained) gone() {
	for i, p := range w.pods {
		if !p.Deleting() {
			continue
		}
		w.made++
		owner, owned := p.Controller()
		w.pods[i] = newOwned(fmt.Sprint("new-", w.made), owner.UID, "n2", false)
		if !owned || w.asked[owner.UID] == 0 {
			w.pods[i].Status.Phase = pod.Succeeded
		}
	}
}

// down counts what of a controller is not ready.
func (w *drained) down(owner string) (int, bool) {
	n, exists := w.asked[owner]
	for _, p := range w.pods {
		if o, _ := p.Controller(); o.UID == owner && p.Status.Is(pod.Ready) && !p.Deleting() {
			n--
		}
	}
	return n, exists
}

func (w *drained) here() []*pod.Pod {
	return slices.DeleteFunc(slices.Clone(w.pods), func(p *pod.Pod) bool { return p.Spec.NodeName != "n1" })
}

// decide decides and deletes what is to be deleted, and checks what must hold.
func (w *drained) decide(t testing.TB) string {
	r, asked, err := w.node.DrainRequest()
	if err != nil {
		return err.Error()
	}
	if !asked {
		return "nothing is asked for"
	}
	d := node.Drain(w.here(), w.down, r)
	require.Equal(t, d, node.Drain(w.here(), w.down, r), "asking again")
	before := map[string]int{}
	for owner := range w.asked {
		before[owner], _ = w.down(owner)
	}
	for _, p := range d.Evict {
		require.False(t, p.Deleting() || p.Status.Phase.Terminal(), p.Name)
		p.DeletionTimestamp = t0
	}
	for owner := range w.asked {
		after, _ := w.down(owner)
		require.LessOrEqual(t, after, max(before[owner], r.Limit), "more pods of %s are down than the drain may take down", owner)
	}
	return show(d)
}

// show reads evict a b, 3 wait, stuck c, 5 left.
func show(d node.Drained) string {
	var list []string
	for _, of := range []struct {
		word string
		pods []*pod.Pod
	}{{"evict", d.Evict}, {"stuck", d.Stuck}} {
		text := of.word
		for _, p := range of.pods {
			text += " " + p.Name
		}
		if len(of.pods) > 0 {
			list = append(list, text)
		}
	}
	if d.Waiting > 0 {
		list = append(list, fmt.Sprint(d.Waiting, " wait"))
	}
	return strings.Join(append(list, fmt.Sprint(d.Left, " left")), ", ")
}

// TestDrainNeverBelow drains nodes full of random pods, in random order of
// what happens, and is started anew again and again: it keeps nothing. See
// drained.decide for what holds. In the end the node is empty.
func TestDrainNeverBelow(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 5))
		w := &drained{node: &node.Node{}, asked: map[string]int{}}
		for _, owner := range []string{"a", "b", "c"} {
			here, elsewhere := random.IntN(11), random.IntN(4)
			w.asked[owner] = here + elsewhere
			for i := range here + elsewhere {
				on := "n1"
				if i >= here {
					on = "n2"
				}
				w.pods = append(w.pods, newOwned(fmt.Sprint(owner, i), owner, on, random.IntN(6) > 0))
			}
		}
		w.node.RequestDrain(node.DrainRequest{Limit: 1 + random.IntN(3)})
		for range 10000 {
			w.node = w.node.Copy()
			random.Shuffle(len(w.pods), func(i, j int) { w.pods[i], w.pods[j] = w.pods[j], w.pods[i] })
			w.decide(t)
			switch random.IntN(3) {
			case 0:
				w.gone()
			case 1:
				if p := w.pods[random.IntN(len(w.pods))]; p.Spec.NodeName == "n2" {
					p.Status.Conditions = []pod.Condition{{Type: pod.Ready, Status: pod.True}}
				}
			}
			if len(w.here()) == 0 {
				break
			}
		}
		require.Empty(t, w.here(), "seed %d", seed)
	}
}

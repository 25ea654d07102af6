package node_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/node"
)

// TestZones plays the transcripts of testdata/zones: what happens to zones, and
// which nodes are given up when. See outage for the commands.
func TestZones(t *testing.T) {
	transcript.Files(t, "testdata/zones/*.txt", func(*testing.T) transcript.Handler { return (&outage{now: t0, model: newModel()}).handle })
}

// outage is zones of nodes, which are called zone-1, zone-2, …. Its commands:
//
//	rules rate= slow= unhealthy= large= lost=   the cluster's figures, in their units
//	nodes ZONE N       N more nodes, which are ready
//	pending ZONE N     N more nodes, which never were
//	lose ZONE N        the first N nodes that are ready are not any more, since now
//	back ZONE N        the first N nodes that are not ready are
//	move NODE ZONE     a node is in another zone
//	delete NODE        it is not any more
//	after D            time passes; shows whenever a node is given up, and when
//	state              shows the zones
//	evicted            shows all nodes that are given up
//
// All but the last two show what is evicted, and what is told of it.
type outage struct {
	zones node.Zones
	model *model
	rules node.Rules
	now   time.Time
	wake  time.Time
}

func (w *outage) handle(t testing.TB, c *transcript.Command) string {
	place, n := node.Zone{Name: c.Word(0)}, 0
	fmt.Sscan(c.Word(1), &n)
	switch c.Name {
	case "rules":
		w.rules = node.Rules{LargeZone: c.Int("large", 0), LostAfter: c.Duration("lost", 0)}
		for key, to := range map[string]*float64{"rate": &w.rules.Rate, "slow": &w.rules.SlowRate, "unhealthy": &w.rules.UnhealthyZone} {
			fmt.Sscan(c.Text(key, "0"), to)
		}
	case "nodes":
		w.add(n, node.Standing{Zone: place, Running: true, Ready: true})
	case "pending":
		w.add(n, node.Standing{Zone: place, Since: w.now})
	case "lose", "back":
		w.turn(t, c, n)
	case "move":
		s := w.model.nodes[c.Word(0)]
		s.Zone.Name = c.Word(1)
		w.set(c.Word(0), s)
	case "delete":
		w.zones.Delete(c.Word(0))
		w.model.delete(c.Word(0))
	case "after":
		return w.pass(t, c)
	case "state":
		return w.state()
	case "evicted":
		return strings.Join(slices.DeleteFunc(w.model.names(), func(name string) bool { return !w.zones.Evicted(name) }), " ")
	default:
		c.Unknown()
	}
	return w.evict(t)
}

func (w *outage) set(name string, s node.Standing) {
	w.zones.Set(name, s, w.now)
	w.model.set(name, s, w.now)
}

// add makes n more nodes of a zone.
func (w *outage) add(n int, s node.Standing) {
	for range n {
		i := 1
		for ; w.model.has(fmt.Sprint(s.Zone, "-", i)); i++ {
		}
		w.set(fmt.Sprint(s.Zone, "-", i), s)
	}
}

// turn makes nodes ready, or not.
func (w *outage) turn(t testing.TB, c *transcript.Command, n int) {
	for _, name := range w.model.names() {
		s := w.model.nodes[name]
		if n == 0 || s.Zone.Name != c.Word(0) || !s.Running || s.Ready != (c.Name == "lose") {
			continue
		}
		s.Ready, s.Since = !s.Ready, time.Time{}
		if !s.Ready {
			s.Since = w.now
		}
		w.set(name, s)
		n--
	}
	require.Zero(t, n, "%s: there are fewer", c.Pos)
}

// pass lets time pass, and evicts whenever it is time to.
func (w *outage) pass(t testing.TB, c *transcript.Command) string {
	d, err := time.ParseDuration(c.Word(0))
	require.NoError(t, err, c.Pos)
	var b strings.Builder
	start, end := w.now, w.now.Add(d)
	for !w.wake.IsZero() && w.wake.Before(end) {
		w.now = w.wake
		if text := w.evict(t); strings.Contains(text, "evict") {
			fmt.Fprintf(&b, "%s: %s", w.now.Sub(start), text[:strings.Index(text, "\n")+1])
		}
	}
	w.now = end
	if text := w.evict(t); text != "" {
		fmt.Fprintf(&b, "%s: %s", d, text)
	}
	return b.String()
}

// evict evicts, compares that with the model, and shows it.
func (w *outage) evict(t testing.TB) string {
	e := w.zones.Evict(w.rules, w.now)
	want, wake := w.model.evict(w.rules.Defaults(), w.now)
	require.Equal(t, want, e.Nodes, "the nodes, at %s", w.now)
	require.Equal(t, wake, e.Wake, "the wake, at %s", w.now)
	again := w.zones.Evict(w.rules, w.now)
	require.Equal(t, node.Eviction{Wake: wake}, again, "evicting again")
	w.wake = e.Wake
	var b strings.Builder
	if len(e.Nodes) > 0 {
		fmt.Fprintf(&b, "evict %s\n", strings.Join(e.Nodes, " "))
	}
	for _, v := range e.Events {
		fmt.Fprintf(&b, "event %s %s%s: %s\n", v.Type, strings.TrimPrefix(v.InvolvedObject.Kind+" "+v.InvolvedObject.Name+" ", "  "), v.Reason, v.Message)
	}
	if !e.Wake.IsZero() {
		fmt.Fprintf(&b, "wake in %s\n", e.Wake.Sub(w.now))
	}
	return b.String()
}

// state lists the zones.
func (w *outage) state() string {
	var b strings.Builder
	var places []node.Zone
	for _, name := range w.model.names() {
		if s := w.model.nodes[name]; !slices.Contains(places, s.Zone) {
			places = append(places, s.Zone)
		}
	}
	for _, p := range places {
		running, ready := w.zones.Count(p)
		fmt.Fprintf(&b, "%s %d/%d %s\n", p, ready, running, w.zones.State(p, w.rules))
	}
	return b.String()
}

func TestZonesWithout(t *testing.T) {
	var z node.Zones
	z.Delete("n")
	running, ready := z.Count(node.Zone{})
	require.Equal(t, []any{0, 0, 0, false}, []any{running, ready, z.Len(), z.Evicted("n")})
	require.Equal(t, node.ZoneNormal, z.State(node.Zone{}, node.Rules{}))
	require.Equal(t, node.Eviction{}, z.Evict(node.Rules{}, t0))
}

package node_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
)

// model is what Zones is to do, said as plainly as can be: it looks at every
// node each time.
type model struct {
	nodes   map[string]node.Standing
	evicted map[string]bool
	last    map[node.Zone]time.Time
	anew    time.Time
	down    bool // the last eviction found nodes, and none ready
}

func newModel() *model {
	return &model{nodes: map[string]node.Standing{}, evicted: map[string]bool{}, last: map[node.Zone]time.Time{}}
}

func (m *model) has(name string) bool { _, ok := m.nodes[name]; return ok }

// names are in the order of their zone, then of their number.
func (m *model) names() []string {
	return slices.SortedFunc(maps.Keys(m.nodes), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.nodes[a].Zone.String(), m.nodes[b].Zone.String()), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

func (m *model) ready() int {
	n := 0
	for _, s := range m.nodes {
		if s.Running && s.Ready {
			n++
		}
	}
	return n
}

func (m *model) set(name string, s node.Standing, now time.Time) {
	was := m.ready()
	m.nodes[name] = s
	m.evicted[name] = m.evicted[name] && !s.Since.IsZero()
	m.forget()
	if was == 0 && m.ready() > 0 && m.down {
		m.anew = now
	}
}

func (m *model) delete(name string) {
	delete(m.nodes, name)
	delete(m.evicted, name)
	m.forget()
}

// forget drops zones without nodes.
func (m *model) forget() {
	maps.DeleteFunc(m.last, func(z node.Zone, _ time.Time) bool { return len(m.of(z)) == 0 })
}

func (m *model) of(z node.Zone) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.nodes)) {
		if m.nodes[name].Zone == z {
			names = append(names, name)
		}
	}
	return names
}

// rate of a zone, in nodes per second.
func (m *model) rate(z node.Zone, r node.Rules) float64 {
	running, ready := 0, 0
	for _, name := range m.of(z) {
		if s := m.nodes[name]; s.Running {
			running++
			if s.Ready {
				ready++
			}
		}
	}
	switch lost := running - ready; {
	case m.ready() == 0:
		return 0
	case ready == 0:
		return r.Rate
	case lost > 2 && float64(lost)/float64(running) >= r.UnhealthyZone && running > r.LargeZone:
		return r.SlowRate
	case lost > 2 && float64(lost)/float64(running) >= r.UnhealthyZone:
		return 0
	}
	return r.Rate
}

func (m *model) evict(r node.Rules, now time.Time) (evicted []string, wake time.Time) {
	m.down = m.ready() == 0 && slices.ContainsFunc(m.names(), func(name string) bool { return m.nodes[name].Running })
	for _, name := range m.lost(slices.Sorted(maps.Keys(m.nodes)), false) {
		at := slices.MaxFunc([]time.Time{m.nodes[name].Since.Add(r.LostAfter), m.anew.Add(r.LostAfter)}, time.Time.Compare)
		switch {
		case m.ready() == 0:
		case !at.After(now):
			m.evicted[name] = true
			evicted = append(evicted, name)
		case wake.IsZero() || at.Before(wake):
			wake = at
		}
	}
	zones := map[node.Zone]bool{}
	for _, s := range m.nodes {
		zones[s.Zone] = true
	}
	for _, z := range slices.SortedFunc(maps.Keys(zones), func(a, b node.Zone) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
	}) {
		rate := m.rate(z, r)
		if rate <= 0 {
			continue
		}
		lost := m.lost(m.of(z), true)
		for _, name := range lost {
			at := m.nodes[name].Since.Add(r.LostAfter)
			at = slices.MaxFunc([]time.Time{at, m.anew.Add(r.LostAfter), m.next(z, rate)}, time.Time.Compare)
			if at.After(now) {
				if wake.IsZero() || at.Before(wake) {
					wake = at
				}
				break
			}
			m.evicted[name], m.last[z] = true, now
			evicted = append(evicted, name)
		}
	}
	return evicted, wake
}

// lost are the nodes of names that may have to be given up, in the order in which they are.
func (m *model) lost(names []string, running bool) []string {
	lost := slices.DeleteFunc(names, func(name string) bool {
		s := m.nodes[name]
		return s.Since.IsZero() || m.evicted[name] || s.Running != running
	})
	slices.SortStableFunc(lost, func(a, b string) int { return m.nodes[a].Since.Compare(m.nodes[b].Since) })
	return lost
}

// next is when a zone's rate allows another node.
func (m *model) next(z node.Zone, rate float64) time.Time {
	if m.last[z].IsZero() {
		return time.Time{}
	}
	return m.last[z].Add(time.Duration(float64(time.Second) / rate))
}

// TestZonesAgainstModel compares Zones with the model in random histories, and
// checks what Zones promises.
func TestZonesAgainstModel(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			w := &outage{now: t0, model: newModel()}
			if seed%2 == 0 {
				w.rules = node.Rules{LargeZone: 4, SlowRate: 0.02, LostAfter: time.Minute}
			}
			most := w.rules.Defaults()
			last := map[node.Zone]time.Time{}
			for range 400 {
				w.now = w.now.Add(time.Duration(random.IntN(20)) * time.Second)
				if !w.wake.IsZero() && random.IntN(3) == 0 && w.wake.After(w.now) {
					w.now = w.wake
				}
				for range random.IntN(4) {
					w.randomly(random)
				}
				for _, name := range strings.Fields(strings.TrimPrefix(strings.Split(w.evict(t), "\n")[0], "evict ")) {
					s, known := w.model.nodes[name]
					if !known {
						break // no eviction, another line
					}
					require.True(t, w.zones.Evicted(name))
					require.NotZero(t, w.model.ready(), "4")
					require.GreaterOrEqual(t, w.now.Sub(s.Since), most.LostAfter, "2")
					if !s.Running {
						continue
					}
					if before, ok := last[s.Zone]; ok && !w.model.last[s.Zone].IsZero() {
						require.GreaterOrEqual(t, w.now.Sub(before), time.Duration(float64(time.Second)/most.Rate), "3")
					}
					last[s.Zone] = w.now
				}
				maps.DeleteFunc(last, func(z node.Zone, _ time.Time) bool { return w.model.last[z].IsZero() })
				w.check(t)
			}
		})
	}
}

// randomly changes one node.
func (w *outage) randomly(random *rand.Rand) {
	name := fmt.Sprint("n", random.IntN(24))
	s, known := w.model.nodes[name]
	switch n := random.IntN(10); {
	case n == 0:
		w.zones.Delete(name)
		w.model.delete(name)
		return
	case n == 1 || !known:
		s = node.Standing{Zone: node.Zone{Region: "r", Name: string(rune('a' + random.IntN(3)))}, Running: random.IntN(8) > 0}
		s.Ready = s.Running
		if !s.Running {
			s.Since = w.now
		}
	case n < 7 && s.Running:
		s.Ready, s.Since = false, w.now.Add(-time.Duration(random.IntN(60))*time.Second)
	default:
		s.Running, s.Ready, s.Since = true, true, time.Time{}
	}
	w.set(name, s)
}

// check compares what Zones counts with the nodes.
func (w *outage) check(t *testing.T) {
	require.Equal(t, len(w.model.nodes), w.zones.Len())
	counts := map[node.Zone][2]int{}
	for name, s := range w.model.nodes {
		c := counts[s.Zone]
		if s.Running {
			c[0]++
		}
		if s.Running && s.Ready {
			c[1]++
		}
		counts[s.Zone] = c
		require.Equal(t, w.model.evicted[name], w.zones.Evicted(name), name)
	}
	for z, c := range counts {
		running, ready := w.zones.Count(z)
		require.Equal(t, c, [2]int{running, ready}, z)
	}
}

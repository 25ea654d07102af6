package simulate

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// Model says what containers do of which only the distribution is known. Each
// attempt is drawn anew, from the seed of the cluster and the name of the pod,
// its container and the number of the try: the same pod does the same under
// another scheduler, or on more nodes.
type Model struct {
	// Selector chooses pods by their labels. Zero: all.
	Selector labels.Selector
	// Image chooses containers, by what they state. Empty: all.
	Image string

	// Start is how long it takes until the container runs: its image is fetched,
	// say. Nil: no time.
	Start Distribution
	// Runs is how long it runs. Nil: until it is stopped.
	Runs Distribution
	// Stop is how long it lives on after SIGTERM. Nil: no time.
	Stop Distribution
	// Ends are the ways in which it ends when it has run for that long.
	// None: with exit code 0.
	Ends []Ending
}

// Ending is a way in which a container ends by itself.
type Ending struct {
	Weight   float64 // how likely it is beside the others; not above 0: never
	ExitCode int
	OOM      bool // it is killed for want of memory
}

// choose returns what the try'th try to run a container does, by the first of
// the models that is meant for it.
func choose(models []Model, seed uint64, p *pod.Pod, c *pod.Container, try int) (fake.Script, bool) {
	for i := range models {
		if m := &models[i]; m.Selector.Matches(p.Labels) && (m.Image == "" || m.Image == c.Image) {
			return m.draw(rand.New(rand.NewPCG(seed, hashOf(p.Namespace, p.Name, c.Name, strconv.Itoa(try))))), true
		}
	}
	return fake.Script{}, false
}

// hashOf returns a number that is another one for other texts, as good as always.
func hashOf(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

func (m *Model) draw(r *rand.Rand) fake.Script {
	s := fake.Script{StartDelay: draw(m.Start, r), StopDelay: draw(m.Stop, r)}
	if m.Runs == nil {
		return s
	}
	if s.Runs = m.Runs.Draw(r); s.Runs <= 0 {
		s.Runs = fake.AtOnce
	}
	end := pick(m.Ends, r)
	s.ExitCode, s.OOM = end.ExitCode, end.OOM
	return s
}

func draw(d Distribution, r *rand.Rand) time.Duration {
	if d == nil {
		return 0
	}
	return max(0, d.Draw(r))
}

// pick returns one of the endings by their weights; the zero one if there is none.
func pick(ends []Ending, r *rand.Rand) Ending {
	total := 0.0
	for _, e := range ends {
		total += max(0, e.Weight)
	}
	at := r.Float64() * total
	for _, e := range ends {
		if at -= max(0, e.Weight); at < 0 {
			return e
		}
	}
	return Ending{}
}

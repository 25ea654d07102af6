package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schedule is what goes wrong, and when: a value that can be kept, printed,
// played again, and shrunk.
type Schedule []Incident

// Incident is a fault and the time at which it strikes, counted from the moment
// at which the schedule is played.
type Incident struct {
	At    time.Duration
	Fault Fault
}

// String reads: 1m30s: node-1 loses power for 1m0s.
func (i Incident) String() string { return fmt.Sprintf("%s: %s", i.At, i.Fault) }

// String has a line for each incident.
func (s Schedule) String() string {
	lines := make([]string, len(s))
	for i := range s {
		lines[i] = s[i].String()
	}
	return strings.Join(lines, "\n")
}

// Play moves the time on by d, and has each incident strike at its time; those
// that come later do not, and those before its beginning strike at once. It returns what
// Advance does: the first broken invariant, if Config.Check is set.
func (c *Cluster) Play(s Schedule, d time.Duration) error {
	ordered := slices.Clone(s)
	slices.SortStableFunc(ordered, func(a, b Incident) int { return cmp.Compare(a.At, b.At) })
	passed := time.Duration(0)
	for _, i := range ordered {
		if i.At > d {
			break
		}
		at := max(i.At, 0)
		if err := c.Advance(at - passed); err != nil {
			return err
		}
		passed = at
		c.Strike(i.Fault)
	}
	return c.Advance(d - passed)
}

// Shrink returns a part of a schedule that fails, and none of whose incidents
// can be left out without it no longer failing. fails plays a schedule on a new
// cluster, and says whether what is looked for shows; it must say the same of the
// same schedule. It is asked a number of times that grows with the square of the
// schedule's length at most.
//
// The method is delta debugging: Zeller and Hildebrandt, "Simplifying and
// isolating failure-inducing input", 2002.
func Shrink(s Schedule, fails func(Schedule) bool) Schedule {
	kept := slices.Clone(s)
	for size := max(1, len(kept)/2); size > 0; {
		shrunk := false
		for from := 0; from < len(kept); {
			to := min(from+size, len(kept))
			without := slices.Concat(kept[:from], kept[to:])
			if fails(without) {
				kept, shrunk = without, true
			} else {
				from = to
			}
		}
		if !shrunk || size > 1 {
			size /= 2
		}
	}
	return kept
}

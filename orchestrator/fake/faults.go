package fake

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Faults are what is wrong with a runtime itself, as opposed to its
// containers. The zero value: nothing. See Runtime.SetFaults.
type Faults struct {
	// Down is a machine without power: every call fails with ErrUnreachable,
	// and whatever it had is gone, for good.
	Down bool
	// Cut is a network that is cut: every call fails with ErrUnreachable, those
	// under way too. Containers live on, and starts under way go on.
	Cut bool
	// Hang makes calls not return before their context ends or the fault is lifted.
	Hang bool
	// Deaf makes hanging calls not even return when their context ends.
	Deaf bool
	// Latency is how much longer every call takes before it acts.
	Latency time.Duration
	// AnswersLost makes every call that acts do its work and then fail with ErrAnswerLost.
	AnswersLost bool
	// Mute keeps hints from Changed. They are also kept, and come when the
	// fault is lifted, while the machine is Down or Cut or calls Hang.
	Mute bool

	// What these methods return instead of doing anything.
	StartErr, StopErr, RemoveErr, ListErr, ProbeErr error

	// Lie changes what List says.
	Lie Lie
}

// Lie is what List says that is not so. The zero value: nothing.
type Lie struct {
	// DropEvery leaves out the n'th entry, the 2n'th, and so on; 1: all.
	DropEvery int
	// RepeatEvery says twice the n'th entry of those left, the 2n'th, and so on.
	RepeatEvery int
	// Claim adds entries that nobody started.
	Claim []orchestrator.ContainerState
	// Reverse turns the order around.
	Reverse bool
}

// Tell returns the lie for the truth, which it leaves alone.
func (l Lie) Tell(truth []orchestrator.ContainerState) []orchestrator.ContainerState {
	var told []orchestrator.ContainerState
	kept := 0
	for i, s := range truth {
		if every(l.DropEvery, i) {
			continue
		}
		told = append(told, s)
		if every(l.RepeatEvery, kept) {
			told = append(told, s)
		}
		kept++
	}
	told = append(told, l.Claim...)
	if l.Reverse {
		slices.Reverse(told)
	}
	return told
}

// every reports whether the entry at index i, from 0, is an n'th one.
func every(n, i int) bool { return n > 0 && (i+1)%n == 0 }

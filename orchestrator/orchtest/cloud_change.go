package orchtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
)

func machinesCome(s *sky) {
	s.open(s.machines(0, 2))
	s.has(s.machines(0, 2))
	s.set(s.machines(0, 5))
	s.becomes(s.machines(0, 5))
}

func machinesGo(s *sky) {
	s.open(s.machines(0, 5))
	s.has(s.machines(0, 5))
	left := slices.Delete(s.machines(0, 5), 1, 3)
	s.set(left)
	s.becomes(left)
}

func theLastOneGoes(s *sky) {
	s.open(s.machines(0, 1))
	s.has(s.machines(0, 1))
	s.set(nil)
	s.becomes(nil)
	s.set(s.machines(1, 1))
	s.becomes(s.machines(1, 1))
}

func addressesChange(s *sky) {
	s.open(s.machines(0, 3))
	s.has(s.machines(0, 3))
	moved := s.machines(0, 3)
	moved[1].Addresses = s.h.Instance(7).Addresses
	s.set(moved)
	s.becomes(moved)
	s.set(s.machines(0, 3)) // and back
	s.becomes(s.machines(0, 3))
}

// cloudHints wants a hint after a change, if the cloud ever gives any, and no
// flood of them.
func cloudHints(s *sky) {
	s.open(s.machines(0, 1))
	hints := s.c.Changed()
	if hints == nil {
		s.Log("the cloud gives no hints")
		s.set(s.machines(0, 2))
		require.Nil(s, s.c.Changed(), "Changed has to return the same at every call")
		return
	}
	s.has(s.machines(0, 1))
	s.pause(100 * time.Millisecond) // hints at what is there already
	s.quiet(hints)
	s.set(s.machines(0, 2))
	require.NoError(s, s.within("a hint after a change", func() error {
		if _, open := <-hints; !open {
			return fmt.Errorf("the channel of hints is closed")
		}
		return nil
	}))
	require.Equal(s, hints, s.c.Changed(), "Changed has to return the same channel at every call")
	s.becomes(s.machines(0, 2))
	s.quiet(hints)
}

// quiet takes the hints that are there, and fails if they never stop.
func (s *sky) quiet(hints <-chan struct{}) {
	s.Helper()
	for range 100 {
		select {
		case _, open := <-hints:
			require.True(s, open, "the channel of hints must not be closed")
		default:
			return
		}
	}
	require.Fail(s, "hints do not stop", "100 hints came though nothing changed")
}

// changesUnderCalls changes one machine's addresses again and again while others
// list: every list has every machine, as it was before the change or after it.
func changesUnderCalls(s *sky) {
	before, after := s.machines(0, 10), s.machines(0, 10)
	after[4].Addresses = s.h.Instance(17).Addresses
	s.open(before)
	ctx, cancel := context.WithCancel(s.Context())
	var lists sync.WaitGroup
	errs := make(chan error, 4)
	for range cap(errs) {
		lists.Go(func() { errs <- s.eitherUntil(ctx, before, after) })
	}
	for i := range 10 {
		s.set([][]node.Instance{after, before}[i%2])
		s.pause(5 * time.Millisecond)
	}
	cancel()
	lists.Wait()
	close(errs)
	for err := range errs {
		require.NoError(s, err, "while the machines change")
	}
	s.becomes(before)
}

// eitherUntil lists until ctx ends, and returns what differs from both.
func (s *sky) eitherUntil(ctx context.Context, a, b []node.Instance) error {
	for ctx.Err() == nil {
		list, err := s.instances(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			return err
		case differ(a, list) != nil && differ(b, list) != nil:
			return differ(a, list)
		}
		s.pause(time.Millisecond)
	}
	return nil
}

func failureIsNoList(s *sky) {
	want := s.machines(0, 3)
	s.open(want)
	s.has(want)
	mend := s.h.Fail(s.T, s.c)
	for range 2 {
		list, err := s.instances(s.Context())
		require.Error(s, err, "Instances of a cloud that fails")
		require.Empty(s, list, "an error comes without a list")
	}
	mend()
	s.becomes(want)
}

func contextEndsInstances(s *sky) {
	want := s.machines(0, 3)
	s.open(want)
	mend := s.h.Hang(s.T, s.c)
	ctx, cancel := context.WithTimeout(s.Context(), 100*time.Millisecond)
	defer cancel()
	var list []node.Instance
	err := s.within("Instances, whose context ended,", func() (err error) {
		list, err = s.instances(ctx)
		return err
	})
	require.ErrorIs(s, err, context.DeadlineExceeded)
	require.Empty(s, list, "an error comes without a list")
	mend()
	s.becomes(want)
}

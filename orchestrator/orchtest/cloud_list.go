package orchtest

import (
	"context"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
)

func cloudName(s *sky) {
	s.open(s.machines(0, 1))
	name := s.c.Name()
	require.NotEmpty(s, name, "Name")
	require.NoErrorf(s, labels.ValidateValue(name), "Name %q has to be a label value", name)
	s.list()
	require.Equal(s, name, s.c.Name(), "Name has to stay the same")
}

func listsEverything(s *sky) {
	want := s.machines(0, 5)
	for i, m := range want {
		require.NoErrorf(s, m.Validate(), "the harness's machine %d has to be valid", i)
	}
	s.open(want)
	s.has(want)
	s.has(want) // and again
}

func listsNothing(s *sky) {
	s.open(nil)
	s.has(nil)
}

func listsMany(s *sky) {
	want := s.machines(0, s.h.Many)
	s.open(want)
	s.has(want)
}

func listsTheInvalid(s *sky) {
	want := append(s.machines(0, 2), s.h.Invalid(2))
	require.Error(s, want[2].Validate(), "what the harness calls invalid has to be")
	s.open(want)
	s.has(want)
}

// listBelongsToTheCaller spoils all that lists lead to, and wants none of it
// back: not from the first one, and not from those after it.
func listBelongsToTheCaller(s *sky) {
	want := s.machines(0, 3)
	s.open(want)
	for range 3 {
		list := s.list()
		require.NoError(s, differ(want, list), "Instances")
		for i := range list {
			list[i].ID = "spoilt"
			for j := range list[i].Addresses {
				list[i].Addresses[j].Address = "spoilt"
			}
			clear(list[i].Capacity)
			clear(list[i].Labels)
		}
	}
	s.has(want)
}

func listsAtOnce(s *sky) {
	want := s.machines(0, 20)
	s.open(want)
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for range cap(errs) {
		all.Go(func() {
			s.c.Name()
			s.c.Changed()
			list, err := s.instances(s.Context())
			if err == nil {
				err = differ(want, list)
			}
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(s, err, "calls at the same time")
	}
}

func contextHasEnded(s *sky) {
	s.open(s.machines(0, 2))
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	list, err := s.instances(ctx)
	require.ErrorIs(s, err, context.Canceled, "Instances with a context that has ended")
	require.Empty(s, list, "an error comes without a list")
	s.has(s.machines(0, 2))
}

func reopened(s *sky) {
	want := s.machines(0, 4)
	s.open(want)
	s.has(want)
	name := s.c.Name()
	s.use(s.h.Reopen(s.T, s.c))
	require.Equal(s, name, s.c.Name(), "Name has to be the same in every run of the host program")
	s.has(want)
}

// machines returns those from i on, n of them.
func (s *sky) machines(i, n int) []node.Instance {
	list := make([]node.Instance, n)
	for j := range list {
		list[j] = s.h.Instance(i + j)
	}
	return list
}

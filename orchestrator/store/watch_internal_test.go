package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

// Whoever is told of a change can read it: readers see what is published before
// watchers do. The watcher here never sleeps, so that it comes in between if anybody can.
func TestWhoIsToldCanRead(t *testing.T) {
	s, err := New(Config{})
	require.NoError(t, err)
	const rounds = 20_000
	var early atomic.Uint64
	var ended atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for told := uint64(0); told < rounds && !ended.Load(); {
			changes, _, ok := s.feed.after(told)
			if !ok { // it was away for long
				told = s.View().Revision()
			} else if len(changes) > 0 {
				if told = changes[len(changes)-1].Revision; s.View().Revision() < told {
					early.Store(told)
					return
				}
			}
		}
	})
	for i := range rounds {
		require.NoError(t, s.Update(func(tx *Tx) error {
			return tx.Create(&labels.Namespace{Meta: labels.Meta{Name: fmt.Sprint("n", i), UID: fmt.Sprint(i)}})
		}))
		s.Take()
		s.Publish()
	}
	ended.Store(true)
	group.Wait()
	require.Zero(t, early.Load())
}

package orchtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// sky is what one test of a cloud works at, and shorthand for its methods.
type sky struct {
	*testing.T
	h *CloudHarness
	c orchestrator.Cloud
}

// open makes the cloud.
func (s *sky) open(instances []node.Instance) {
	s.Helper()
	s.use(s.h.New(s.T, instances))
}

// use makes c the cloud, and runs it until the test ends, if it wants to run.
func (s *sky) use(c orchestrator.Cloud) {
	s.Helper()
	s.c = c
	runner, ok := c.(orchestrator.CloudRunner)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	s.Cleanup(func() {
		cancel()
		require.NoError(s, s.within("Run, whose context ended,", func() error { return <-ended }))
	})
}

// set makes these the machines that the cloud has.
func (s *sky) set(instances []node.Instance) {
	s.Helper()
	s.h.Set(s.T, s.c, instances)
}

// instances calls the method, with a limit for one that hangs.
func (s *sky) instances(ctx context.Context) ([]node.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*s.h.Soon)
	defer cancel()
	return s.c.Instances(ctx)
}

// list returns what the cloud lists, which has to work.
func (s *sky) list() []node.Instance {
	s.Helper()
	list, err := s.instances(s.Context())
	require.NoError(s, err, "Instances")
	return list
}

// has wants the cloud to list these, and nothing else.
func (s *sky) has(want []node.Instance) {
	s.Helper()
	require.NoError(s, differ(want, s.list()), "Instances")
}

// becomes waits until the cloud lists these, and nothing else.
func (s *sky) becomes(want []node.Instance) {
	s.Helper()
	limit := time.Now().Add(s.h.Soon)
	for {
		list, err := s.instances(s.Context())
		if err == nil {
			err = differ(want, list)
		}
		if err == nil {
			return
		}
		if time.Now().After(limit) {
			require.NoErrorf(s, err, "Instances, %v later", s.h.Soon)
		}
		s.pause(10 * time.Millisecond)
	}
}

// pause waits for a time.
func (s *sky) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// within calls do and returns its error; the test fails when it takes longer than Soon.
func (s *sky) within(what string, do func() error) error {
	s.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	limit := time.NewTimer(s.h.Soon)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		return fmt.Errorf("%s took longer than %v", what, s.h.Soon)
	}
}

// differ says how a list differs from what it has to be, in any order. Amounts
// are the same where their numbers are; labels and addresses where they are
// empty or missing.
func differ(want, got []node.Instance) error {
	seen := make(map[string]node.Instance, len(got))
	for _, g := range got {
		if _, twice := seen[g.ID]; twice {
			return fmt.Errorf("machine %q is listed twice", g.ID)
		}
		seen[g.ID] = g
	}
	for _, w := range want {
		g, ok := seen[w.ID]
		if !ok {
			return fmt.Errorf("machine %q is not listed", w.ID)
		}
		if a, b := describeInstance(w), describeInstance(g); a != b || !w.Capacity.Equal(g.Capacity) {
			return fmt.Errorf("machine %q is listed as\n%s capacity %v\nand has to be\n%s capacity %v", w.ID, b, g.Capacity, a, w.Capacity)
		}
		delete(seen, w.ID)
	}
	for _, left := range slices.SortedFunc(maps.Values(seen), func(a, b node.Instance) int { return cmp.Compare(a.ID, b.ID) }) {
		return fmt.Errorf("machine %q is listed, and there is none", left.ID)
	}
	return nil
}

// describeInstance writes a machine, without its capacity, so that equal ones are equal.
func describeInstance(i node.Instance) string {
	return fmt.Sprintf("%q %q type %q zone %q region %q addresses %q labels %q health %q",
		i.ID, i.ProviderID, i.Type, i.Zone, i.Region, i.Addresses, i.Labels, i.HealthURL)
}

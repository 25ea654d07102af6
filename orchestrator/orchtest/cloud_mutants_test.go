package orchtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

var cloudMutants = map[string]cloudMutant{
	"nameless":     {fails: []string{"Name"}, name: func(*defectiveCloud) string { return "" }},
	"illegal-name": {fails: []string{"Name"}, name: func(*defectiveCloud) string { return "My cloud!" }},
	"renames": {fails: []string{"Name"}, name: func(d *defectiveCloud) string {
		return fmt.Sprint("cloud-", d.calls.Add(1))
	}},

	"no-provider":  {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.ProviderID = "" })},
	"no-type":      {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Type = "" })},
	"no-zone":      {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Zone = "" })},
	"no-region":    {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Region = "" })},
	"no-addresses": {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Addresses = nil })},
	"other-order":  {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { slices.Reverse(i.Addresses) })},
	"no-capacity":  {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Capacity = nil })},
	"no-labels":    {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.Labels = nil })},
	"no-health":    {fails: []string{"ListsEverything"}, list: eachInstance(func(i *node.Instance) { i.HealthURL = "" })},
	"lists-twice":  {fails: []string{"ListsEverything"}, list: func(_ *defectiveCloud, l []node.Instance) []node.Instance { return append(l, l...) }},
	"lists-one-more": {fails: []string{"ListsEverything", "ListsNothing"}, list: func(_ *defectiveCloud, l []node.Instance) []node.Instance {
		return append(l, node.Instance{ID: "ghost"})
	}},
	"one-page": {fails: []string{"ListsMany"}, list: func(_ *defectiveCloud, l []node.Instance) []node.Instance {
		return l[:min(len(l), 1000)]
	}},
	"every-other-time": {fails: []string{"ListsEverything"}, list: func(d *defectiveCloud, l []node.Instance) []node.Instance {
		return l[:len(l)*int(d.calls.Add(1)%2)]
	}},
	"nothing-is-an-error": {
		fails: []string{"ListsNothing", "TheLastOneGoes"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if len(list) == 0 && err == nil {
				err = errors.New("no machines")
			}
			return list, err
		},
	},
	"hides-the-invalid": {fails: []string{"ListsTheInvalid"}, list: func(_ *defectiveCloud, l []node.Instance) []node.Instance {
		return slices.DeleteFunc(l, func(i node.Instance) bool { return i.Validate() != nil })
	}},

	"shares-its-list":      {fails: []string{"ListBelongsToTheCaller", "MachinesCome"}, list: cached(func(l []node.Instance) []node.Instance { return l })},
	"shares-what-is-below": {fails: []string{"ListBelongsToTheCaller", "AddressesChange"}, list: cached(slices.Clone[[]node.Instance])},
	"shares-addresses": {fails: []string{"ListBelongsToTheCaller"}, list: cached(func(l []node.Instance) []node.Instance {
		return copiedBut(l, func(own *node.Instance, of node.Instance) { own.Addresses = of.Addresses })
	})},
	"shares-capacity": {fails: []string{"ListBelongsToTheCaller"}, list: cached(func(l []node.Instance) []node.Instance {
		return copiedBut(l, func(own *node.Instance, of node.Instance) { own.Capacity = of.Capacity })
	})},
	"shares-labels": {fails: []string{"ListBelongsToTheCaller"}, list: cached(func(l []node.Instance) []node.Instance {
		return copiedBut(l, func(own *node.Instance, of node.Instance) { own.Labels = of.Labels })
	})},
	"shares-after-the-first": {fails: []string{"ListBelongsToTheCaller"}, list: func(d *defectiveCloud, list []node.Instance) []node.Instance {
		own := copiedBut(list, func(*node.Instance, node.Instance) {})
		if d.last.CompareAndSwap(nil, &own) {
			return list
		}
		return *d.last.Load()
	}},
	"never-learns": {
		fails: []string{"MachinesCome", "MachinesGo", "TheLastOneGoes", "AddressesChange"},
		list: cached(func(l []node.Instance) []node.Instance {
			return copiedBut(l, func(*node.Instance, node.Instance) {})
		}),
	},
	"never-forgets": {
		fails: []string{"MachinesGo", "TheLastOneGoes"},
		list: func(d *defectiveCloud, list []node.Instance) []node.Instance {
			for _, old := range d.remembered(list) {
				if !slices.ContainsFunc(list, func(i node.Instance) bool { return i.ID == old.ID }) {
					list = append(list, old)
				}
			}
			d.last.Store(&list)
			return copiedBut(list, func(*node.Instance, node.Instance) {})
		},
	},
	"never-moves": {
		fails: []string{"AddressesChange"},
		list: func(d *defectiveCloud, list []node.Instance) []node.Instance {
			for _, old := range d.remembered(list) {
				for i := range list {
					if list[i].ID == old.ID {
						list[i].Addresses = old.Addresses
					}
				}
			}
			d.last.Store(&list)
			return copiedBut(list, func(*node.Instance, node.Instance) {})
		},
	},
	"does-not-believe-in-nothing": {
		fails: []string{"TheLastOneGoes"},
		list: func(d *defectiveCloud, list []node.Instance) []node.Instance {
			if len(list) > 0 {
				d.last.Store(&list)
			} else if last := d.last.Load(); last != nil {
				list = *last
			}
			return copiedBut(list, func(*node.Instance, node.Instance) {})
		},
	},
	"torn": {
		fails: []string{"ChangesUnderCalls"},
		list: func(d *defectiveCloud, list []node.Instance) []node.Instance {
			own := copiedBut(list, func(*node.Instance, node.Instance) {})
			if last := d.remembered(own); len(last) == 10 && len(list) == 10 && last[4].Addresses[0] != list[4].Addresses[0] {
				return list[:5]
			}
			return list
		},
	},

	"one-at-a-time": {
		fails: []string{"ListsAtOnce"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			defer d.under.Add(-1)
			if d.under.Add(1) > 1 {
				return nil, errors.New("busy")
			}
			d.Cloud.SetFaults(fake.CloudFaults{Latency: 1})
			return d.Cloud.Instances(ctx)
		},
	},
	"ignores-its-context": {
		fails: []string{"ContextHasEnded", "ContextEndsInstances"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			ctx, cancel := hour(ctx)
			defer cancel()
			return d.Cloud.Instances(ctx)
		},
	},
	"hides-the-context": {
		fails: []string{"ContextHasEnded", "ContextEndsInstances"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if err != nil {
				err = errors.New("it did not work")
			}
			return list, err
		},
	},

	"no-hints":      {fails: []string{"CloudHints"}, hints: func(d *defectiveCloud) <-chan struct{} { return d.silence }},
	"closed-hints":  {fails: []string{"CloudHints"}, hints: func(d *defectiveCloud) <-chan struct{} { return d.closed }},
	"another-hints": {fails: []string{"CloudHints"}, hints: func(*defectiveCloud) <-chan struct{} { return make(chan struct{}) }},
	"sometimes-hints": {fails: []string{"CloudHints"}, hints: func(d *defectiveCloud) <-chan struct{} {
		if d.calls.Add(1) == 1 {
			return nil
		}
		return d.Cloud.Changed()
	}},
	"hints-without-end": {fails: []string{"CloudHints"}, hints: func(*defectiveCloud) <-chan struct{} { return many }},

	"failure-is-nothing": {
		fails: []string{"FailureIsNoList"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if ctx.Err() == nil {
				err = nil
			}
			return list, err
		},
	},
	"failure-is-the-last": {
		fails: []string{"FailureIsNoList"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if last := d.last.Load(); err != nil && last != nil {
				return copiedBut(*last, func(*node.Instance, node.Instance) {}), nil
			}
			own := copiedBut(list, func(*node.Instance, node.Instance) {})
			d.last.Store(&own)
			return list, err
		},
	},
	"failure-has-a-list": {
		fails: []string{"FailureIsNoList", "ContextHasEnded", "ContextEndsInstances"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if err != nil {
				list = []node.Instance{{ID: "ghost"}}
			}
			return list, err
		},
	},
	"fails-for-ever": {
		fails: []string{"FailureIsNoList"},
		answer: func(d *defectiveCloud, ctx context.Context) ([]node.Instance, error) {
			list, err := d.Cloud.Instances(ctx)
			if err != nil && ctx.Err() == nil || d.calls.Load() > 0 {
				d.calls.Add(1)
				return nil, errors.New("it failed once")
			}
			return list, err
		},
	},

	"runs-on": {fails: []string{"Name"}, run: func(ctx context.Context) error {
		<-ctx.Done()
		ctx, cancel := hour(ctx)
		defer cancel()
		<-ctx.Done()
		return nil
	}},
	"ends-badly": {fails: []string{"Name", "Reopened"}, run: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}},

	"reopens-empty":      {fails: []string{"Reopened"}, reopen: func(*fake.Cloud) *fake.Cloud { return &fake.Cloud{} }},
	"reopens-as-another": {fails: []string{"Reopened"}, reopen: func(c *fake.Cloud) *fake.Cloud { c.Called = "another"; return c }},
}

// many has more hints than anybody takes.
var many = func() <-chan struct{} {
	hints := make(chan struct{}, 100_000)
	for range cap(hints) {
		hints <- struct{}{}
	}
	return hints
}()

// copiedBut copies a list, and lets spoil share something of each entry.
func copiedBut(list []node.Instance, spoil func(own *node.Instance, of node.Instance)) []node.Instance {
	all := make([]node.Instance, len(list))
	for i := range list {
		all[i] = list[i].Copy()
		spoil(&all[i], list[i])
	}
	return all
}

package simulate

import (
	"container/heap"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// agenda is what will happen, by time; of things at the same time, in the order
// in which they were put there.
type agenda struct {
	entries entries
	seq     uint64
	byWork  map[uint64]*entry
	work    int      // how many entries are the results of work
	most    int      // and were since there was none
	free    []*entry // to be used again
}

// entry is one thing that will happen: a result comes back, a machine changes by
// itself, or a pod comes.
type entry struct {
	at      time.Time
	seq     uint64
	index   int
	result  orchestrator.Result
	from    *machine  // the machine whose answer the result is, as long as it may still be lost; nil: none
	limit   time.Time // when the call fails whose answer has not come
	machine *machine
	arrival *arrival
	echo    bool // the result comes for a second time
}

// work reports whether the entry is the result of work that is under way.
func (x *entry) work() bool { return x.machine == nil && x.arrival == nil && !x.echo }

// add puts an entry on the agenda, and returns it as it is there.
func (a *agenda) add(new entry) *entry {
	a.seq++
	x := a.room()
	*x = new
	x.seq = a.seq
	heap.Push(&a.entries, x)
	if x.work() {
		if a.byWork == nil {
			a.byWork = make(map[uint64]*entry)
		}
		a.byWork[x.result.Work] = x
		a.work++
		a.most = max(a.most, a.work)
	}
	return x
}

// room returns a place for an entry.
func (a *agenda) room() *entry {
	last := len(a.free) - 1
	if last < 0 {
		return new(entry)
	}
	x := a.free[last]
	a.free = a.free[:last]
	return x
}

// done gives an entry back that was due and is not looked at any more.
func (a *agenda) done(x *entry) {
	*x = entry{}
	a.free = append(a.free, x)
}

func (a *agenda) remove(x *entry) {
	heap.Remove(&a.entries, x.index)
	a.forget(x)
}

func (a *agenda) forget(x *entry) {
	if !x.work() {
		return
	}
	delete(a.byWork, x.result.Work)
	if a.work--; a.work == 0 && a.most > few {
		a.byWork, a.most = nil, 0
	}
}

// few is how many are found faster where there never were many.
const few = 8

// dropWork forgets the results of all work.
func (a *agenda) dropWork() {
	for _, x := range slices.Clone(a.entries) {
		if x.work() || x.echo {
			a.remove(x)
		}
	}
}

// cancel makes the result of a work come now, as given up.
func (a *agenda) cancel(work uint64, now time.Time) {
	if work == 0 {
		return
	}
	if x := a.byWork[work]; x != nil {
		a.remove(x)
		a.add(entry{at: now, result: orchestrator.Result{Work: work, Err: errCancelled}})
	}
}

// first returns the time of the first entry, or zero.
func (a *agenda) first() time.Time {
	if len(a.entries) == 0 {
		return time.Time{}
	}
	return a.entries[0].at
}

// due removes and returns the first entry if its time has come; nil otherwise.
func (a *agenda) due(now time.Time) *entry {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return nil
	}
	x := heap.Pop(&a.entries).(*entry)
	a.forget(x)
	return x
}

// entries implements heap.Interface.
type entries []*entry

func (e entries) Len() int { return len(e) }
func (e entries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].seq < e[j].seq
}
func (e entries) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}
func (e *entries) Push(x any) {
	added := x.(*entry)
	added.index = len(*e)
	*e = append(*e, added)
}
func (e *entries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return x
}

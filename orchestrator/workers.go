package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// workers carry out work on the runtimes of the nodes. Each node has a station
// of its own, so that one that hangs holds up no other.
type workers struct {
	ctx      context.Context
	cfg      Config
	view     func() store.Reader
	report   func(Input)
	group    sync.WaitGroup
	mu       sync.Mutex // held to change stations, and by others than Run's goroutine to read them
	stations map[string]*station
	former   []*station // of nodes that are gone, with calls that have not returned
}

// station is the runtime of one node and the calls to it.
type station struct {
	name    string
	w       *workers
	ctx     context.Context // ends with the node
	end     context.CancelFunc
	group   sync.WaitGroup // the calls
	runtime atomic.Pointer[Runtime]
	told    atomic.Uint64              // the newest event that the runtime reported
	lanes   map[WorkKind]chan struct{} // how many calls of a kind may be under way

	mu      sync.Mutex
	calls   map[uint64]*underway
	closing bool
}

// underway is one call that has not returned.
type underway struct {
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the call has returned
	what   string
}

func newWorkers(ctx context.Context, cfg Config, view func() store.Reader, report func(Input)) *workers {
	return &workers{ctx: ctx, cfg: cfg, view: view, report: report, stations: make(map[string]*station)}
}

// carryOut begins all the work and returns at once.
func (w *workers) carryOut(work []Work) {
	for _, item := range work {
		switch item.Kind {
		case WorkInstances:
			w.askCloud(item)
			continue
		case WorkEnsureBalancer, WorkUpdateBalancer, WorkDeleteBalancer:
			w.askBalancer(item)
			continue
		}
		s := w.station(item.Node)
		if item.Kind == WorkForget {
			w.forget(s)
			continue
		}
		replaced := s.give(item.Cancel)
		if item.Kind == WorkCancel {
			continue
		}
		call, ctx := s.begin(item)
		s.group.Go(func() { s.carryOut(ctx, item, call, replaced) })
	}
}

func (w *workers) station(name string) *station {
	if s := w.stations[name]; s != nil {
		return s
	}
	s := &station{name: name, w: w, lanes: make(map[WorkKind]chan struct{}), calls: make(map[uint64]*underway)}
	s.ctx, s.end = context.WithCancel(w.ctx)
	for _, kind := range []WorkKind{WorkList, WorkStart, WorkStop, WorkRemove, WorkProbe, WorkHook} {
		s.lanes[kind] = make(chan struct{}, w.cfg.CallsPerNode)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stations[name] = s
	return s
}

// find returns the station of a node, nil where there is none. Any goroutine may call it.
func (w *workers) find(name string) *station {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stations[name]
}

// begin registers a call.
func (s *station) begin(item Work) (*underway, context.Context) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	call := &underway{cancel: cancel, done: make(chan struct{}), what: item.String()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[item.ID] = call
	return call, ctx
}

// give gives up a call and returns a channel that closes when it has returned.
func (s *station) give(id uint64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call := s.calls[id]; call != nil {
		call.cancel(errCancelled)
		return call.done
	}
	return nil
}

// carryOut makes one call and reports its end.
func (s *station) carryOut(ctx context.Context, item Work, call *underway, replaced <-chan struct{}) {
	defer func() {
		s.mu.Lock()
		delete(s.calls, item.ID)
		s.mu.Unlock()
		call.cancel(nil)
		close(call.done)
	}()
	if replaced != nil {
		select {
		case <-replaced: // even if this call is given up as well: its own replacement waits for both
		case <-s.ctx.Done():
		}
	}
	result := Result{Work: item.ID, Err: ctx.Err()}
	if result.Err == nil {
		result.Err = s.inLane(ctx, item, func(ctx context.Context) error { return s.call(ctx, item, &result) })
	}
	if cause := context.Cause(ctx); cause != nil && result.Err != nil {
		result.Err = fmt.Errorf("%w: %w", cause, result.Err)
	}
	s.w.report(result)
}

// inLane calls do when the lane has a place, for at most the call timeout
// beside the grace of a stop. A call that does not come back in time gives up
// its place, so that the node's other containers go on; a hook that has its
// container's life to end goes on without.
func (s *station) inLane(ctx context.Context, item Work, do func(context.Context) error) error {
	lane := s.lanes[item.Kind]
	if item.Kind != WorkStop { // a stop waits for its container, which may take its grace
		select {
		case lane <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		lane = nil
	}
	place, cancel := context.WithTimeout(ctx, s.w.cfg.CallTimeout+item.Grace)
	defer cancel()
	context.AfterFunc(place, func() {
		if lane != nil {
			<-lane
		}
	})
	switch {
	case item.Kind != WorkHook:
		return do(place)
	case item.Grace > 0:
		var over context.CancelFunc
		ctx, over = context.WithTimeout(ctx, item.Grace)
		defer over()
	}
	return do(ctx)
}

// call makes the call itself.
func (s *station) call(ctx context.Context, item Work, result *Result) error {
	if item.Kind == WorkList {
		return s.list(ctx, result)
	}
	connected := s.runtime.Load()
	if connected == nil {
		return errNotConnected
	}
	switch runtime := *connected; item.Kind {
	case WorkStart:
		return runtime.Start(ctx, item.Pod, *item.Container)
	case WorkStop:
		return runtime.Stop(ctx, item.Ref, item.Grace)
	case WorkRemove:
		return runtime.Remove(ctx, item.Ref.UID)
	case WorkProbe:
		return runProbe(ctx, runtime, item)
	case WorkHook:
		return runHook(ctx, runtime, item)
	default:
		return fmt.Errorf("no such work: %s", item.Kind)
	}
}

// list lists the runtime, which it connects to first where that is still to be done.
func (s *station) list(ctx context.Context, result *Result) error {
	n, err := s.w.view().Nodes().Get("", s.name)
	if err != nil {
		return err
	}
	s.examine(ctx, n, result)
	connected := s.runtime.Load()
	if connected == nil {
		runtime, err := s.connect(ctx, n)
		if err != nil {
			return err
		}
		if sizer, ok := runtime.(Sizer); ok {
			if result.Capacity, err = sizer.Capacity(ctx); err != nil {
				return errors.Join(fmt.Errorf("ask for the capacity: %w", err), closeRuntime(runtime))
			}
		}
		s.runtime.Store(&runtime)
		connected = &runtime
		s.w.group.Go(func() { s.passHints(runtime) })
	}
	if result.States, err = (*connected).List(ctx); err != nil {
		return err
	}
	askHealth(ctx, n, result)
	if warner, ok := (*connected).(Warner); ok {
		result.Warnings = warner.Warnings()
	}
	if reporter, ok := (*connected).(Reporter); ok {
		if result.Report, err = reporter.Report(ctx, s.told.Load()); err != nil {
			return err
		}
		s.told.Store(result.Report.Last)
	}
	return nil
}

func (s *station) connect(ctx context.Context, n *node.Node) (Runtime, error) {
	runtime, err := s.w.cfg.Dial(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("connect to the runtime: %w", err)
	}
	if runtime == nil {
		return nil, errors.New("connect to the runtime: Dial returned none")
	}
	return runtime, nil
}

// passHints reports that the runtime has changed, until the node goes.
func (s *station) passHints(runtime Runtime) {
	changed := runtime.Changed()
	for {
		select {
		case <-s.ctx.Done():
			return
		case _, open := <-changed:
			if !open {
				changed = nil // no more hints
				continue
			}
			s.w.report(Hint{Node: s.name})
		}
	}
}

func closeRuntime(runtime Runtime) error {
	if closer, ok := runtime.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// close gives up the calls of a station, and closes the runtime when they have returned.
func (s *station) close() {
	s.end()
	s.w.group.Go(func() {
		s.group.Wait()
		connected := s.runtime.Load()
		if connected == nil {
			return
		}
		s.setClosing(true)
		defer s.setClosing(false)
		if err := closeRuntime(*connected); err != nil {
			s.w.cfg.Logger.Warn("close runtime", "node", s.name, "error", err)
		}
	})
}

func (s *station) setClosing(closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = closing
}

// hung returns what has not returned, in words.
func (s *station) hung() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hung []string
	for _, call := range s.calls {
		hung = append(hung, call.what)
	}
	if s.closing {
		hung = append(hung, "Close on "+s.name)
	}
	return hung
}

// forget closes the station of a node that is gone.
func (w *workers) forget(s *station) {
	s.close()
	w.mu.Lock()
	delete(w.stations, s.name)
	w.mu.Unlock()
	w.former = slices.DeleteFunc(w.former, func(s *station) bool { return len(s.hung()) == 0 })
	w.former = append(w.former, s)
}

// patience is how long Run waits for calls whose context has ended.
const patience = 10 * time.Second

// wait returns when every goroutine has ended, or with an error that names the
// calls which ignore their context.
func (w *workers) wait() error {
	for _, s := range w.stations {
		s.close()
	}
	done := make(chan struct{})
	go func() { w.group.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(patience):
	}
	var hung []string
	for _, s := range slices.AppendSeq(w.former, maps.Values(w.stations)) {
		hung = append(hung, s.hung()...)
	}
	slices.Sort(hung)
	return fmt.Errorf("runtime calls ignore that their context has ended: %s", strings.Join(hung, "; "))
}

package orchestrator

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Orchestrator is an Engine in the real world: one goroutine steps it, workers
// carry out what it decides, a journal keeps what it changes.
//
// Make one with New, start it with Run, and use it through its Client before,
// while and (for reading) after Run runs.
type Orchestrator struct {
	cfg    Config
	client *Client
	events *eventLog
	epoch  time.Time // the clock counts from here: it never jumps

	mu     sync.Mutex // guards everything below
	engine *Engine    // while Run runs, its goroutine alone uses it
	state  state
	inbox  []Input
	hints  map[string]bool // nodes with a Hint in inbox
	failed error           // why no more writes are taken

	workers *workers // nil before Run

	over context.Context // ended by end, with failed, when nothing changes any more
	end  context.CancelCauseFunc

	wake chan struct{} // inbox has something
	// alone is held by who uses the engine before Run does. It is a channel, not
	// a mutex, because a journal may take its time, and a context may end meanwhile.
	alone chan struct{}
}

type state byte

const (
	idle state = iota
	running
	stopped
)

// New returns an orchestrator that has loaded its journal and starts nothing.
// It is an error if the config makes no sense, a node in it is invalid, or the
// journal can't be read; the journal is then still the caller's to close.
func New(cfg Config) (*Orchestrator, error) {
	if cfg.Dial == nil {
		return nil, configError("Dial", nil, "is required: it connects to the runtime of a node")
	}
	if cfg.Seed == 0 {
		var seed [8]byte
		crand.Read(seed[:])
		cfg.Seed = binary.LittleEndian.Uint64(seed[:])
	}
	o := &Orchestrator{
		cfg:    cfg.withDefaults(),
		epoch:  time.Now(),
		events: newEventLog(cfg.withDefaults().Events),
		hints:  make(map[string]bool),
		wake:   make(chan struct{}, 1),
		alone:  make(chan struct{}, 1),
	}
	o.client = &Client{o: o}
	o.over, o.end = context.WithCancelCause(context.Background())
	var objects []labels.Object
	var revision uint64
	var err error
	if cfg.Journal != nil {
		if objects, revision, err = cfg.Journal.Load(context.Background()); err != nil {
			return nil, fmt.Errorf("load journal: %w", err)
		}
	}
	if o.engine, err = RestoreEngine(cfg, objects, revision, o.now()); err != nil {
		return nil, err
	}
	if err := o.settle(context.Background()); err != nil {
		return nil, err
	}
	if view := o.view(); revision > 0 {
		o.cfg.Logger.Info("restored from the journal", "revision", revision, "nodes", view.Nodes().Len(),
			"controllers", view.Controllers().Len(), "pods", view.Pods().Len())
	}
	return o, nil
}

// Client returns the way to read and write objects. It is safe for concurrent use.
func (o *Orchestrator) Client() *Client { return o.client }

// now is the time of day at New plus the time that has passed since. A clock
// that is set while the program runs does not move it.
func (o *Orchestrator) now() time.Time {
	return o.epoch.Add(time.Since(o.epoch)).Round(0).UTC()
}

// Run looks after the cluster until ctx ends, and returns nil then. It returns
// an error if the journal fails, with nothing acted on that was not kept; if a
// runtime ignores its context; or if Run was called before.
//
// What runs on the nodes goes on running when Run returns. To stop it, delete
// the objects first.
func (o *Orchestrator) Run(ctx context.Context) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	w := newWorkers(ctx, o.cfg, o.client.View, o.report)
	o.employ(w)
	w.watchCloud()
	err := o.loop(ctx, w)
	o.leave(err)
	if hung := w.wait(); err == nil {
		err = hung
	}
	return errors.Join(err, o.closeJournal())
}

func (o *Orchestrator) enter(ctx context.Context) error {
	select {
	case o.alone <- struct{}{}:
	default: // a write is being made durable
		select {
		case o.alone <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("run orchestrator: %w", ctx.Err())
		}
	}
	defer func() { <-o.alone }()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.state != idle:
		return errors.New("run orchestrator: Run was called before")
	case o.failed != nil: // a write before Run, which the journal refused
		o.state = stopped
		o.end(o.failed)
		return errors.Join(fmt.Errorf("run orchestrator: %w", o.failed), o.closeJournal())
	}
	o.state = running
	return nil
}

// employ lets clients find the runtimes.
func (o *Orchestrator) employ(w *workers) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.workers = w
}

func (o *Orchestrator) closeJournal() error {
	if o.cfg.Journal == nil {
		return nil
	}
	return o.cfg.Journal.Close()
}

// leave refuses what is still in the inbox, and every later write.
func (o *Orchestrator) leave(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state = stopped
	o.failed = stoppedBy(err)
	refuse(o.inbox, o.failed)
	o.inbox = nil
	o.end(o.failed)
}

// loop steps the engine whenever there is input or its time has come, until ctx
// ends or the journal fails.
func (o *Orchestrator) loop(ctx context.Context, w *workers) error {
	p := pipeline{release: func(b batch) {
		o.release(ctx, b)
		w.carryOut(b.work)
	}}
	if o.cfg.Journal != nil {
		p.append = func(changes []store.Change) error { return o.keep(ctx, changes) }
	}
	err := o.steps(ctx, &p)
	if err == nil {
		err = p.finish()
	}
	refuse(p.unreleased(), stoppedBy(err))
	return err
}

// steps is the loop itself. It leaves to the pipeline what is still to be made durable.
func (o *Orchestrator) steps(ctx context.Context, p *pipeline) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		inputs := o.take()
		now := o.now()
		o.engine.Apply(now, inputs...)
		ready := o.engine.Step(now)
		p.add(inputs, ready)
		if !ready.Wake.IsZero() {
			timer.Reset(ready.Wake.Sub(o.now()))
		} else {
			timer.Stop()
		}
		for due := false; !due; {
			select {
			case <-ctx.Done():
				return nil // also where there is input: it is refused
			case <-o.wake:
				due = true
			case <-timer.C:
				due = true
			case err := <-p.done:
				if err := p.end(err); err != nil {
					return err
				}
			}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// keep appends changes to the journal. What has begun is finished, whether ctx ends or not.
func (o *Orchestrator) keep(ctx context.Context, changes []store.Change) error {
	if err := o.cfg.Journal.Append(context.WithoutCancel(ctx), changes); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// release shows readers what is durable, and then tells the writers among the inputs.
func (o *Orchestrator) release(ctx context.Context, b batch) {
	o.events.append(b.events, func() {
		if n := len(b.changes); n > 0 {
			o.engine.store.PublishUpTo(b.changes[n-1].Revision)
		}
	})
	o.logEvents(ctx, b.events)
	for _, in := range b.inputs {
		if w, ok := in.(*Write); ok && w.settled != nil {
			close(w.settled)
		}
	}
}

// settle makes what the engine has changed durable and shows it, while nothing runs.
func (o *Orchestrator) settle(ctx context.Context) error {
	changes := o.engine.takeChanges()
	if o.cfg.Journal != nil && len(changes) > 0 {
		if err := o.keep(ctx, changes); err != nil {
			return err
		}
	}
	o.release(ctx, batch{changes: changes})
	return nil
}

// stoppedBy is what a writer hears who comes too late; err is why Run ended, if it is no good reason.
func stoppedBy(err error) error {
	if err == nil {
		return ErrStopped
	}
	return fmt.Errorf("%w: %w", ErrStopped, err)
}

// refuse ends the writes among inputs with an error.
func refuse(inputs []Input, err error) {
	for _, in := range inputs {
		if w, ok := in.(*Write); ok && w.settled != nil {
			w.Results, w.Err = nil, w.undone(err)
			close(w.settled)
		}
	}
}

// take empties the inbox.
func (o *Orchestrator) take() []Input {
	o.mu.Lock()
	defer o.mu.Unlock()
	inputs := o.inbox
	o.inbox = nil
	clear(o.hints)
	return inputs
}

// report puts what a worker has to say into the inbox. Hints coalesce.
func (o *Orchestrator) report(in Input) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != running {
		return
	}
	if h, ok := in.(Hint); ok {
		if o.hints[h.Node] {
			return
		}
		o.hints[h.Node] = true
	}
	o.inbox = append(o.inbox, in)
	o.poke()
}

func (o *Orchestrator) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// write carries out a client's request and returns when it is durable. Before
// Run it is carried out here; later by Run's goroutine, many at a time.
func (o *Orchestrator) write(ctx context.Context, w *Write) error {
	if err := ctx.Err(); err != nil {
		return w.undone(fmt.Errorf("not carried out: %w", err))
	}
	o.mu.Lock()
	switch {
	case o.failed != nil:
		defer o.mu.Unlock()
		return w.undone(o.failed)
	case o.state == idle:
		o.mu.Unlock()
		return o.writeIdle(ctx, w)
	}
	w.settled = make(chan struct{})
	o.inbox = append(o.inbox, w)
	o.poke()
	o.mu.Unlock()
	select {
	case <-w.settled:
		return w.Err
	case <-ctx.Done():
		return w.undone(fmt.Errorf("it may still be carried out: %w", ctx.Err()))
	}
}

// writeIdle carries out a write while nothing runs.
func (o *Orchestrator) writeIdle(ctx context.Context, w *Write) error {
	select {
	case o.alone <- struct{}{}:
	case <-ctx.Done():
		return w.undone(fmt.Errorf("not carried out: %w", ctx.Err()))
	}
	if !o.idle() { // Run has begun, or the journal has failed, while this waited
		<-o.alone
		return o.write(ctx, w)
	}
	defer func() { <-o.alone }()
	o.engine.Apply(o.now(), w)
	if w.Err != nil {
		return w.Err
	}
	if err := o.settle(ctx); err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.failed = stoppedBy(err)
		return w.undone(o.failed)
	}
	return nil
}

// idle reports whether the engine is still for writers to use.
func (o *Orchestrator) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == idle && o.failed == nil
}

// logEvents passes events on to the host's logger.
func (o *Orchestrator) logEvents(ctx context.Context, events []labels.Event) {
	for i := range events {
		logEvent(ctx, o.cfg.Logger, &events[i])
	}
}

// View returns everything as it is now: a snapshot that does not change.
func (o *Orchestrator) view() store.Reader { return o.engine.store.View() }

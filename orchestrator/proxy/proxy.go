package proxy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// Proxy moves bytes between the clients of services and their endpoints.
//
// Make one with New and start it with Run. Status may be called by any number
// of goroutines, before, while and after Run runs.
type Proxy struct {
	cfg    Config
	engine *engine
	news   chan news // from the loops, for Run to record

	mu     sync.Mutex // guards everything below
	ran    bool
	fronts map[name]*front
	taken  map[place]*port
	drains []int64 // when connections to removed endpoints end, in order
	timer  *time.Timer
	own    *ownInterface // nil: portals need none
	others neighbours    // the machine's other interfaces, where there is an own one
}

// name of a service and its endpoints.
type name struct{ namespace, name string }

func nameOf(o labels.Object) name {
	m := o.Identity()
	return name{m.Namespace, m.Name}
}

// New returns a proxy that does nothing before Run. It is an error if the
// config makes no sense, or this is not Linux.
func New(cfg Config) (*Proxy, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if err := supported(); err != nil {
		return nil, err
	}
	return &Proxy{
		cfg:    cfg.withDefaults(),
		news:   make(chan news, 256),
		fronts: make(map[name]*front),
		taken:  make(map[place]*port),
	}, nil
}

// Run serves until ctx ends, and returns nil then: every listener and
// connection is closed. It returns an error if the system gives it no room to
// work, or if Run was called before. What is wrong with one service is in its
// Status and in an event, and does not end Run.
func (p *Proxy) Run(ctx context.Context) error {
	if err := p.enter(); err != nil {
		return fmt.Errorf("run proxy: %w", err)
	}
	var loops sync.WaitGroup
	loops.Go(p.engine.run)
	var rest sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rest.Go(func() { p.record(ctx) })
	rest.Go(func() { p.keepTrying(ctx) })
	p.follow(ctx)
	rest.Wait()
	p.closeFronts()
	p.engine.stop()
	loops.Wait()
	p.engine.close()
	if err := p.closePortals(); err != nil {
		return fmt.Errorf("run proxy: %w", err)
	}
	return nil
}

// enter makes what Run needs.
func (p *Proxy) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ran {
		return errors.New("Run was called before")
	}
	p.ran = true
	var err error
	if p.engine, err = newEngine(p.cfg); err != nil {
		return err
	}
	if err := p.hostPortals(); err != nil {
		p.engine.close()
		return err
	}
	p.survey()
	p.timer = time.NewTimer(time.Hour)
	return nil
}

// follow keeps the fronts in line with services and endpoints until ctx ends.
func (p *Proxy) follow(ctx context.Context) {
	for ctx.Err() == nil {
		view := p.cfg.Client.View()
		p.take(view)
		watching, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() {
			defer stop() // one that fell behind ends both: they begin anew
			watch(p.cfg.Client.Services().Watch(watching, store.Filter{}, view.Revision()), func(s *service.Service, there bool) {
				p.change(nameOf(s), func(f *front) { f.service = given(s, there) })
			})
		})
		group.Go(func() {
			defer stop()
			watch(p.cfg.Client.Endpoints().Watch(watching, store.Filter{}, view.Revision()), func(e *service.Endpoints, there bool) {
				p.change(nameOf(e), func(f *front) { f.endpoints = given(e, there) })
			})
		})
		group.Wait()
	}
}

// watch calls a function with every change, until there are no more or the
// watch has fallen behind.
func watch[T labels.Object](changes iter.Seq2[orchestrator.Change[T], error], tell func(o T, there bool)) {
	for c, err := range changes {
		if err != nil {
			return
		}
		tell(c.Object, c.Type != store.Deleted)
	}
}

// given returns the object if it is there.
func given[T any](o *T, there bool) *T {
	if there {
		return o
	}
	return nil
}

// take makes the fronts what a view says.
func (p *Proxy) take(view store.Reader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.fronts {
		f.service, f.endpoints = nil, nil
	}
	for _, s := range view.Services().List(store.Filter{}) {
		p.front(nameOf(s)).service = s
	}
	for _, e := range view.Endpoints().List(store.Filter{}) {
		p.front(nameOf(e)).endpoints = e
	}
	for n, f := range p.fronts {
		p.sync(n, f)
	}
}

// change changes one front.
func (p *Proxy) change(n name, set func(*front)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.front(n)
	set(f)
	p.sync(n, f)
}

func (p *Proxy) front(n name) *front {
	f := p.fronts[n]
	if f == nil {
		f = &front{}
		p.fronts[n] = f
	}
	return f
}

// retryPeriod is how often a port that could not be opened is tried again.
const retryPeriod = 2 * time.Second

// keepTrying opens what could not be opened before, and ends connections whose
// time is over, until ctx ends.
func (p *Proxy) keepTrying(ctx context.Context) {
	tick := time.NewTicker(retryPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.retry()
		case <-p.timer.C:
			p.drain()
		}
	}
}

// retry looks again at the fronts that have a problem.
func (p *Proxy) retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.survey()
	for n, f := range p.fronts {
		if f.troubled {
			p.sync(n, f)
		}
	}
}

// drainAt sets when connections to removed endpoints end. The caller holds mu.
func (p *Proxy) drainAt(end int64) {
	p.drains = append(p.drains, end)
	if len(p.drains) == 1 {
		p.timer.Reset(time.Duration(end - p.engine.clock()))
	}
}

// drain ends the connections whose time is over.
func (p *Proxy) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.engine.clock()
	for len(p.drains) > 0 && p.drains[0] <= now {
		p.drains = p.drains[1:]
	}
	if len(p.drains) > 0 {
		p.timer.Reset(time.Duration(p.drains[0] - now))
	}
	p.engine.drain()
}

// closeFronts closes every port.
func (p *Proxy) closeFronts() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var closing []<-chan struct{}
	for _, f := range p.fronts {
		for _, port := range f.ports {
			for at := range port.open {
				closing = append(closing, p.shut(port, at))
			}
		}
	}
	for _, closed := range closing {
		<-closed
	}
}

// record passes on to the orchestrator's events what the loops tell.
func (p *Proxy) record(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-p.news:
			if s, err := p.cfg.Client.Services().Get(n.about.namespace, n.about.name); err == nil {
				p.cfg.Client.Record(s, "proxy", labels.Event{Type: labels.Warning, Reason: n.reason, Message: n.message})
			}
		}
	}
}

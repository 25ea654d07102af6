package haproxy

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/service"
)

// Balancer is an orchestrator.Balancer. It needs no New: set the fields before
// the first call. All methods may be called from many goroutines at once.
type Balancer struct {
	// Dir has the files: one for each service, and what HAProxy needs. It is made
	// if it is not there. Each Balancer has its own. Required.
	Dir string

	// Addresses are those of this machine that clients come to. Required.
	Addresses []netip.Addr

	// Program is HAProxy. Empty: "haproxy", found in PATH.
	Program string

	// Threads is how many threads HAProxy has. Zero: as it decides.
	Threads int

	mu      sync.Mutex // guards the files, and written
	written uint64     // counts changes of the files, over all runs of the host program

	loading sync.Mutex    // held by who has HAProxy read the files
	loaded  atomic.Uint64 // the changes that HAProxy has read
}

var _ orchestrator.Balancer = (*Balancer)(nil)

// Name returns "haproxy".
func (b *Balancer) Name() string { return "haproxy" }

// EnsureBalancer has HAProxy pass on what comes to the ports of the service. It
// returns when HAProxy does so. The address is the one that it had, or the
// first on which its ports are free.
func (b *Balancer) EnsureBalancer(ctx context.Context, balance orchestrator.Balance) (service.LoadBalancerStatus, error) {
	made, err := b.ensure(ctx, balance)
	if err != nil {
		return service.LoadBalancerStatus{}, b.failed("make", balance.Service, err)
	}
	return service.LoadBalancerStatus{Ingress: []service.Ingress{{IP: made.Address.String()}}}, nil
}

// UpdateBalancer has HAProxy send to other nodes.
func (b *Balancer) UpdateBalancer(ctx context.Context, balance orchestrator.Balance) error {
	if _, err := b.ensure(ctx, balance); err != nil {
		return b.failed("update", balance.Service, err)
	}
	return nil
}

// DeleteBalancer has HAProxy close the ports of the service. Connections that
// there are go on until they end.
func (b *Balancer) DeleteBalancer(ctx context.Context, balance orchestrator.Balance) error {
	if err := b.delete(ctx, balance.Service.UID); err != nil {
		return b.failed("remove", balance.Service, err)
	}
	return nil
}

// Made returns the load balancers that there are, by uid of their services.
func (b *Balancer) Made() ([]Made, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, err := b.made()
	if err != nil {
		return nil, fmt.Errorf("list load balancers in %q: %w", b.Dir, err)
	}
	return all, nil
}

func (b *Balancer) failed(verb string, s *service.Service, err error) error {
	return fmt.Errorf("%s load balancer of service %q: %w", verb, s.Name, err)
}

func (b *Balancer) ensure(ctx context.Context, balance orchestrator.Balance) (Made, error) {
	m, change, old, err := b.write(ctx, balance)
	if err != nil {
		return m, err
	}
	if err := b.load(ctx, change); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return m, errors.Join(err, undo(b.file(m.UID), old), b.writeGlobal()) // nothing else is to fail for this
	}
	return m, nil
}

// write writes the file of a service, once HAProxy has found it good, and
// returns which change that is, and what was in the file before.
func (b *Balancer) write(ctx context.Context, balance orchestrator.Balance) (m Made, change uint64, old []byte, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := balance.Service
	if err := errors.Join(ctx.Err(), b.check()); err != nil {
		return m, 0, nil, err
	}
	if err := labels.ValidateName(s.UID); err != nil { // it becomes the name of a file
		return m, 0, nil, fmt.Errorf("uid %q %w", s.UID, err)
	}
	all, err := b.made()
	if err != nil {
		return m, 0, nil, err
	}
	if m, err = b.plan(balance, all); err != nil {
		return m, 0, nil, err
	}
	settled := b.loaded.Load() >= b.written
	if settled { // otherwise HAProxy itself may be about to give a port up
		if err := m.free(ctx, all); err != nil {
			return m, 0, nil, err
		}
	}
	text, file := m.section(s), b.file(s.UID)
	old, err = os.ReadFile(file)
	if err == nil && string(old) == text && b.written > 0 {
		return m, b.written, old, nil
	}
	if err := errors.Join(write(file, text), b.writeGlobal()); err != nil {
		return m, 0, nil, err
	}
	if err := b.run(ctx, "-c", "-q"); err != nil {
		err = errors.Join(fmt.Errorf("check configuration: %w", err), undo(file, old), b.writeGlobal())
		if settled {
			b.loaded.Store(b.written) // it is as it was
		}
		return m, 0, nil, err
	}
	return m, b.written, old, nil
}

// load returns when HAProxy has read a change. Changes that come while it reads
// others are read together.
func (b *Balancer) load(ctx context.Context, change uint64) error {
	b.loading.Lock()
	defer b.loading.Unlock()
	if b.loaded.Load() >= change && b.pid() != 0 {
		return nil
	}
	has, err := b.reload(ctx, change)
	b.loaded.Store(max(b.loaded.Load(), has))
	return err
}

// undo brings back what was in a file.
func undo(file string, old []byte) error {
	if old == nil {
		return os.Remove(file)
	}
	return write(file, string(old))
}

// check returns what of the fields makes no sense.
func (b *Balancer) check() error {
	switch {
	case b.Dir == "":
		return errors.New("field Dir is required")
	case len(b.Addresses) == 0:
		return errors.New("field Addresses is required: where clients come to")
	}
	return nil
}

func (b *Balancer) delete(ctx context.Context, uid string) error {
	b.mu.Lock()
	err := errors.Join(ctx.Err(), b.check(), labels.ValidateName(uid))
	if err == nil {
		err = os.Remove(b.file(uid))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.mu.Unlock()
		return err
	}
	all, err := b.made()
	if err == nil {
		err = b.writeGlobal()
	}
	change := b.written
	b.mu.Unlock()
	if err != nil || len(all) == 0 && b.pid() == 0 {
		return err
	}
	return b.load(ctx, change)
}

// made reads the files, in the order of their names.
func (b *Balancer) made() ([]Made, error) {
	names, err := filepath.Glob(filepath.Join(b.folder(), "service-*.cfg"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []Made
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		m, err := readMade(string(text))
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", name, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// dir is Dir as every program finds it.
func (b *Balancer) dir() string {
	if dir, err := filepath.Abs(b.Dir); err == nil {
		return dir
	}
	return b.Dir
}

// folder is what HAProxy reads.
func (b *Balancer) folder() string { return filepath.Join(b.dir(), "conf.d") }

func (b *Balancer) file(uid string) string {
	return filepath.Join(b.folder(), "service-"+uid+".cfg")
}

// write replaces a file at once: it is the old one or the new one, whatever happens.
func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	draft := strings.TrimSuffix(file, ".cfg") + ".new" // which HAProxy does not read
	if err := os.WriteFile(draft, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(draft, file)
}

package docker

import (
	"context"
	"sync"
)

// podLocks are locks by pod uid: a pod is made, removed or tidied by one
// goroutine at a time. Those who wait for one give up when their context ends.
type podLocks struct {
	mu   sync.Mutex
	held map[string]*podLock
}

// podLock is the lock of one pod, and goes when nobody wants it any more.
type podLock struct {
	place chan struct{}
	users int // who hold it or wait for it
}

// lock returns the function that unlocks the pod.
func (l *podLocks) lock(ctx context.Context, uid string) (unlock func(), err error) {
	p := l.use(uid)
	select {
	case p.place <- struct{}{}:
		return func() { <-p.place; l.leave(uid) }, nil
	case <-ctx.Done():
		l.leave(uid)
		return nil, ctx.Err()
	}
}

// tryLock is lock where nobody has it; otherwise it returns nil.
func (l *podLocks) tryLock(uid string) (unlock func()) {
	p := l.use(uid)
	select {
	case p.place <- struct{}{}:
		return func() { <-p.place; l.leave(uid) }
	default:
		l.leave(uid)
		return nil
	}
}

func (l *podLocks) use(uid string) *podLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.held[uid]
	if p == nil {
		p = &podLock{place: make(chan struct{}, 1)}
		l.held[uid] = p
	}
	p.users++
	return p
}

func (l *podLocks) leave(uid string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.held[uid]; p.users == 1 {
		delete(l.held, uid)
	} else {
		p.users--
	}
}

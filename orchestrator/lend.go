package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// lend calls do with the runtime of a node and a context that ends with ctx,
// with the node, or with Run. Run does not wait for do.
func (o *Orchestrator) lend(ctx context.Context, node string, do func(context.Context, Runtime) error) error {
	if node == "" {
		return fmt.Errorf("%w: the pod has no node yet", ErrNotRunning)
	}
	s, r, err := o.connected(node)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(o.whyGone(node)) })()
	err = do(ctx, r)
	if err == nil || s.ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	if cause == nil { // nobody has told ctx yet
		cause = o.whyGone(node)
	}
	if !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// connected returns the station of a node and its runtime.
func (o *Orchestrator) connected(node string) (*station, Runtime, error) {
	o.mu.Lock()
	w, failed := o.workers, o.failed
	if o.state != stopped {
		failed = nil
	}
	o.mu.Unlock()
	if failed != nil {
		return nil, nil, failed
	}
	if w != nil {
		if s := w.find(node); s != nil && s.ctx.Err() == nil {
			if r := s.runtime.Load(); r != nil {
				return s, *r, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("%w of node %q", ErrUnreachable, node)
}

// whyGone returns why a station was closed.
func (o *Orchestrator) whyGone(node string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.state == stopped:
		return o.failed
	case o.workers.ctx.Err() != nil: // Run is about to return
		return ErrStopped
	}
	return fmt.Errorf("%w of node %q any more", ErrUnreachable, node)
}

// tie returns a connection that is closed when the node goes or Run ends.
func (o *Orchestrator) tie(node string, conn net.Conn) (net.Conn, error) {
	s, _, err := o.connected(node)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &tiedConn{Conn: conn, untie: context.AfterFunc(s.ctx, func() { conn.Close() })}, nil
}

// tiedConn is a connection to a pod.
type tiedConn struct {
	net.Conn
	untie func() bool
}

// Close closes the connection.
func (c *tiedConn) Close() error {
	c.untie()
	return c.Conn.Close()
}

// CloseWrite ends what is sent and leaves open what is received, where the
// connection can do that.
func (c *tiedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

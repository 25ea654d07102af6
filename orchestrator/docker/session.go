package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// session connects whoever calls to a command or a container, by a connection to the engine.
type session struct {
	streams orchestrator.Streams
	// keepInput: the end of the input is not that of the program's.
	keepInput bool

	mu   sync.Mutex // held while something is written
	over bool       // nothing is written any more
}

// plugs are what go-dockerclient copies from and to.
type plugs struct {
	in        io.Reader // nil: there is no input
	out, errs io.Writer
}

// run begins a session and returns when it has ended, at the engine's side or
// with ctx. resize is called for every size of the terminal.
func (s *session) run(ctx context.Context, engine *docker.Client, begin func(plugs) (docker.CloseWaiter, error), resize func(orchestrator.TerminalSize)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.end()
	if engine.TLSConfig == nil { // otherwise the client wants a dialer of its own
		engine.Dialer = boundDialer{ctx, engine.Dialer}
	}
	p := plugs{out: s.to(s.streams.Stdout), errs: s.to(s.streams.Stderr)}
	switch {
	case s.streams.Stdin == nil:
	case s.streams.TTY:
		p.in = &patientReader{from: s.streams.Stdin, last: []byte{4}, over: ctx.Done()} // an end of file is typed
	case s.keepInput:
		p.in = &patientReader{from: s.streams.Stdin, over: ctx.Done()}
	default:
		p.in = onlyReader{s.streams.Stdin}
	}
	connection, err := begin(p)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- connection.Wait() }()
	sizes := s.streams.Resize
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			connection.Close()
			return ctx.Err()
		case size, open := <-sizes:
			if !open {
				sizes = nil
				continue
			}
			resize(size)
		}
	}
}

// end waits for what is being written, and lets nothing more be written.
func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

func (s *session) to(w io.Writer) io.Writer {
	if w == nil {
		w = io.Discard
	}
	return sessionWriter{s, w}
}

type sessionWriter struct {
	s *session
	w io.Writer
}

var errOver = errors.New("the session is over")

func (w sessionWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if w.s.over {
		return 0, errOver
	}
	return w.w.Write(b)
}

// onlyReader hides that an input can be closed: that is up to its owner.
type onlyReader struct{ io.Reader }

// patientReader reads an input, then some last bytes, and does not end before the
// session does: an engine that sees the end of the input ends the output as well.
type patientReader struct {
	from io.Reader
	last []byte
	done bool // with from
	over <-chan struct{}
}

func (p *patientReader) Read(b []byte) (int, error) {
	if !p.done {
		n, err := p.from.Read(b)
		p.done = err != nil
		if n > 0 || err == nil {
			return n, nil
		}
	}
	if n := copy(b, p.last); n > 0 {
		p.last = p.last[n:]
		return n, nil
	}
	<-p.over
	return 0, io.EOF
}

// boundDialer makes connections that are closed when ctx ends: those of a session
// do not heed any context.
type boundDialer struct {
	ctx  context.Context
	next docker.Dialer
}

func (d boundDialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.next.Dial(network, address)
	if err == nil {
		context.AfterFunc(d.ctx, func() { conn.Close() })
	}
	return conn, err
}

// get asks the engine for what the client has no method for.
func (r *Runtime) get(ctx context.Context, engine *docker.Client, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at.base()+path, nil)
	if err != nil {
		return err
	}
	response, err := engine.HTTPClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

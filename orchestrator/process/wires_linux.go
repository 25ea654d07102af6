package process

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
)

// wires connect a command to the streams of whoever has it run.
type wires struct {
	theirs [3]*os.File // the command's ends: input, output, errors
	in     *os.File    // what is written here is its input; nil: it has none
	outs   []*os.File  // what it says comes out here
	tty    bool

	ended   chan struct{} // closed when the command has ended
	cut     chan struct{} // closed when nobody wants to hear more
	copying sync.WaitGroup
	mu      sync.Mutex // held while a writer writes: one at a time
	failed  error      // of a writer
	giveUp  func()     // ends the command: nobody listens
}

// connect makes pipes, or a terminal, and says in attr what the command is to be: the
// leader of a group or session of its own.
func connect(s orchestrator.Streams, attr *syscall.SysProcAttr) (w *wires, err error) {
	w = &wires{ended: make(chan struct{}), cut: make(chan struct{}), tty: s.TTY}
	defer func() {
		if err != nil {
			w.handedOver()
			w.close()
		}
	}()
	if s.TTY {
		master, slave, err := openTerminal()
		if err != nil {
			return w, err
		}
		w.theirs = [3]*os.File{slave, slave, slave}
		w.in, w.outs = master, []*os.File{master}
		attr.Setsid, attr.Setctty = true, true // of its standard input
		return w, nil
	}
	attr.Setpgid = true
	if s.Stdin == nil {
		w.theirs[0], err = os.Open(os.DevNull)
	} else {
		w.theirs[0], w.in, err = os.Pipe()
	}
	for i := 1; i <= 2 && err == nil; i++ {
		var out *os.File
		if out, w.theirs[i], err = os.Pipe(); err == nil {
			w.outs = append(w.outs, out)
		}
	}
	return w, err
}

// handedOver closes the command's ends: it has its own now.
func (w *wires) handedOver() {
	for i, f := range w.theirs {
		if f != nil && (i == 0 || f != w.theirs[0]) {
			f.Close()
		}
	}
}

func (w *wires) close() {
	if w.in != nil {
		w.in.Close()
	}
	closeAll(w.outs)
}

// begin copies until the streams end. It calls giveUp where a writer fails.
func (w *wires) begin(s orchestrator.Streams, giveUp func()) {
	w.giveUp = giveUp
	if s.Stdin != nil {
		go w.feed(s.Stdin) // which may block in a Read for ever
	}
	writers := []io.Writer{s.Stdout, s.Stderr}
	for i, out := range w.outs {
		w.copying.Go(func() { w.copy(writers[i], out, outputPause) })
	}
	if w.tty && s.Resize != nil {
		go w.resize(s.Resize)
	}
}

// feed hands the input to the command. At its end a command without a terminal
// sees the end of its input; one with a terminal is typed an end of file.
func (w *wires) feed(from io.Reader) {
	io.Copy(w.in, from)
	if w.tty {
		w.in.Write([]byte{4})
		return
	}
	w.in.Close()
}

func (w *wires) resize(sizes <-chan orchestrator.TerminalSize) {
	for {
		select {
		case size, open := <-sizes:
			if !open {
				return
			}
			setSize(w.in, size)
		case <-w.ended:
			return
		}
	}
}

// copy passes on what the command says until that ends; or, once the command has
// ended, until there is nothing when a pause is over.
func (w *wires) copy(to io.Writer, from *os.File, pause time.Duration) {
	b := make([]byte, 32<<10)
	for {
		select {
		case <-w.ended:
			from.SetReadDeadline(time.Now().Add(pause))
		default:
		}
		select {
		case <-w.cut:
			return
		default:
		}
		n, err := from.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) { // whether or not something came in time
			n, err = readNow(from, b)
		}
		if n > 0 && to != nil {
			w.write(to, b[:n])
		}
		if err != nil { // a terminal whose other end is closed says EIO
			return
		}
	}
}

// readNow reads what is there, and waits for nothing.
func readNow(from *os.File, b []byte) (n int, err error) {
	conn, err := from.SyscallConn()
	if err != nil {
		return 0, err
	}
	if failed := conn.Control(func(fd uintptr) { n, err = unix.Read(int(fd), b) }); failed != nil {
		return 0, failed
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (w *wires) write(to io.Writer, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return
	}
	if _, w.failed = to.Write(b); w.failed != nil {
		w.giveUp()
	}
}

// finish waits for the output of a command that has ended, and returns what a
// writer had against it.
func (w *wires) finish(ctx context.Context) error {
	close(w.ended)
	for _, out := range w.outs {
		out.SetReadDeadline(time.Now().Add(outputPause))
	}
	defer context.AfterFunc(ctx, func() {
		close(w.cut)
		for _, out := range w.outs {
			out.SetReadDeadline(time.Unix(1, 0))
		}
	})()
	w.copying.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

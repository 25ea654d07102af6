package haproxy

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// writeGlobal writes the file that is about no service. The number of the
// change is in it, which HAProxy tells when it is asked what it has read.
func (b *Balancer) writeGlobal() error {
	b.written = max(b.written+1, uint64(time.Now().UnixNano())) // a later run has larger numbers
	threads := ""
	if b.Threads > 0 {
		threads = fmt.Sprintf("    nbthread %d\n", b.Threads)
	}
	return write(filepath.Join(b.folder(), "global.cfg"), fmt.Sprintf(global, b.written, threads, b.socket()))
}

// read returns the number of the change that HAProxy has read, from what it says of itself.
func read(said string) uint64 {
	_, after, _ := strings.Cut(said, "coracle-")
	digits, _, _ := strings.Cut(after, "\n")
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// global is the file that is about no service.
const global = `global
    description coracle-%d
%s    stats socket %s mode 600 level admin expose-fd listeners
    hard-stop-after 1h

defaults
    mode tcp
    balance roundrobin
    option redispatch
    option splice-auto
    retries 3
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    timeout client-fin 1m
    default-server init-addr last,libc,none inter 2s
`

func (b *Balancer) program() string { return cmp.Or(b.Program, "haproxy") }

func (b *Balancer) pidFile() string { return filepath.Join(b.dir(), "pid") }

func (b *Balancer) socket() string { return filepath.Join(b.dir(), "socket") }

// reload starts a process that reads the files, takes the listening sockets over
// from the one that there is, and has all older ones give up their ports and end
// with their last connection. It returns what has been read when a change is among it.
//
// HAProxy's own way, a master process that is sent a signal, would need less;
// but a master that is busy loses signals, and then an old process goes on listening.
func (b *Balancer) reload(ctx context.Context, change uint64) (has uint64, err error) {
	args := []string{"-D", "-p", b.pidFile()}
	if old := b.processes(); len(old) > 0 {
		if b.answers(ctx) {
			args = append(args, "-x", b.socket())
		}
		args = append(append(args, "-sf"), old...)
	}
	b.mu.Lock() // it reads one file after the other: none may go meanwhile
	err = b.run(ctx, args...)
	b.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	err = b.await(ctx, func(said string) bool {
		has = read(said)
		return has >= change
	})
	return has, err
}

// answers reports whether there is one that can hand its listening sockets over. One
// that takes long to answer is asked again: without its sockets clients are turned away.
func (b *Balancer) answers(ctx context.Context) bool {
	for limit := soon; limit < patience; limit *= 2 {
		_, err := b.askWithin(ctx, limit, "show info")
		if err == nil || ctx.Err() != nil || !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
			return err == nil
		}
	}
	return false
}

// run runs HAProxy with arguments until it ends or has gone to the background.
func (b *Balancer) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, b.program(), append(args, "-f", b.folder())...)
	if log, err := os.OpenFile(filepath.Join(b.dir(), "log"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600); err == nil {
		defer log.Close() // a file, not a pipe: what goes to the background keeps it
		cmd.Stderr, cmd.Stdout = log, log
	}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	text, _ := os.ReadFile(filepath.Join(b.dir(), "log"))
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "[ALERT]") {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(line))
		}
	}
	return err
}

// pid returns the process of HAProxy that listens, 0 if there is none.
func (b *Balancer) pid() int {
	text, err := os.ReadFile(b.pidFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !b.isOurs(fmt.Sprintf("/proc/%d/cmdline", pid)) { // the number may be another's by now
		return 0
	}
	return pid
}

// processes returns the ids of all processes of HAProxy that read our files, those
// that have been replaced and still have connections included.
func (b *Balancer) processes() (pids []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if b.isOurs(file) {
			pids = append(pids, filepath.Base(filepath.Dir(file)))
		}
	}
	return pids
}

// isOurs reports whether a command line is that of an HAProxy with our files.
func (b *Balancer) isOurs(file string) bool {
	line, err := os.ReadFile(file)
	return err == nil && bytes.Contains(line, []byte("-D\x00")) && bytes.Contains(line, []byte(b.folder()+"\x00"))
}

// How long HAProxy may take to do what it is told, and how often it is asked.
const (
	patience = 20 * time.Second
	look     = 5 * time.Millisecond
	soon     = 250 * time.Millisecond // an answer comes, or never: its process has just ended
)

// await returns when what HAProxy says of itself is as wanted.
func (b *Balancer) await(ctx context.Context, wanted func(said string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(look)
	defer again.Stop()
	for {
		said, err := b.ask(ctx, "show info")
		if err == nil && wanted(said) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("HAProxy goes on with what it had: %w", cmp.Or(err, ctx.Err()))
		case <-again.C:
		}
	}
}

// ask sends HAProxy a command and returns its answer.
func (b *Balancer) ask(ctx context.Context, command string) (string, error) {
	return b.askWithin(ctx, soon, command)
}

// askWithin is ask for an answer that may take so long.
func (b *Balancer) askWithin(ctx context.Context, limit time.Duration, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "unix", b.socket())
	if err != nil {
		return "", err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		c.SetDeadline(deadline)
	}
	if _, err := fmt.Fprintln(c, command); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	return string(answer), err
}

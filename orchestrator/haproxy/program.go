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
	"syscall"
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

// reload has HAProxy read the files, and returns what it has read when a change is among it.
func (b *Balancer) reload(ctx context.Context, change uint64) (has uint64, err error) {
	does := func(said string, err error) bool {
		if err == nil {
			has = read(said)
		}
		return has >= change
	}
	if pid := b.pid(); pid != 0 {
		err = b.signal(ctx, pid, syscall.SIGUSR2, does)
		return has, err
	}
	if err := b.run(ctx, "-W", "-D", "-p", b.pidFile()); err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	err = b.signal(ctx, 0, 0, does)
	return has, err
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

// pid returns HAProxy's master process, 0 if it does not run.
func (b *Balancer) pid() int {
	text, err := os.ReadFile(b.pidFile())
	again := time.NewTicker(look)
	defer again.Stop()
	for range 100 {
		if err != nil || len(text) > 0 {
			break
		}
		<-again.C // it is being written
		text, err = os.ReadFile(b.pidFile())
	}
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	// The number may be another's by now.
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(line, []byte(b.folder())) {
		return 0
	}
	return pid
}

// How long HAProxy may take to do what it is told, and how often it is told: a
// signal that comes while it is busy with another is lost.
const (
	patience = 20 * time.Second
	nag      = 300 * time.Millisecond
	look     = 5 * time.Millisecond
	soon     = 250 * time.Millisecond // an answer comes, or never: its process has just ended
)

// signal sends a process a signal, 0 for none, until what HAProxy says of itself is as wanted.
func (b *Balancer) signal(ctx context.Context, pid int, which syscall.Signal, wanted func(said string, err error) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(look)
	defer again.Stop()
	for i := 0; ; i++ {
		if i%int(nag/look) == 0 && which != 0 {
			if err := syscall.Kill(pid, which); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("signal HAProxy: %w", err)
			}
		}
		said, err := b.ask(ctx, "show info")
		if wanted(said, err) {
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
	ctx, cancel := context.WithTimeout(ctx, soon)
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

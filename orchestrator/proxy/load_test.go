package proxy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// A request and an answer of the load are messageSize long. What happens in the
// warmUp does not count.
const (
	messageSize = 64
	warmUp      = 300 * time.Millisecond
)

// load is what a client does for a time, and what came of it.
type load struct {
	Kind    string        // "bulk", "connections" or "requests"
	Address string        // where to
	Streams int           // at the same time
	For     time.Duration // after the warmUp

	Count  uint64 // bytes, connections or requests
	Failed uint64
	CPU    time.Duration // that the proxy used, warm-up and all
	P50    time.Duration // of a connection or request
	P99    time.Duration
}

// perSecond is the rate of what counts.
func (l load) perSecond() float64 { return float64(l.Count) / l.For.Seconds() }

// loadServer listens on the address and answers each connection as its first
// byte asks: 'b' without end, anything else message for message.
func loadServer(args []string) error {
	ln, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			message := make([]byte, messageSize)
			for {
				if _, err := io.ReadFull(c, message); err != nil {
					return
				}
				if message[0] == 'b' {
					break
				}
				if _, err := c.Write(message); err != nil {
					return
				}
			}
			for much := make([]byte, 256<<10); ; {
				if _, err := c.Write(much); err != nil {
					return
				}
			}
		}()
	}
}

// loadClient carries out the load that is its argument, and prints it with the results.
func loadClient(args []string) error {
	var l load
	if err := json.Unmarshal([]byte(args[0]), &l); err != nil {
		return err
	}
	act := map[string]func(*load, *stream){"bulk": bulk, "connections": connections, "requests": requests}[l.Kind]
	streams := make([]*stream, l.Streams)
	begin := time.Now().Add(min(l.For, warmUp))
	var group sync.WaitGroup
	for i := range streams {
		streams[i] = &stream{begin: begin, end: begin.Add(l.For)}
		group.Go(func() { act(&l, streams[i]) })
	}
	group.Wait()
	var took []time.Duration
	for _, s := range streams {
		l.Count += s.count
		l.Failed += s.failed
		took = append(took, s.took...)
	}
	if slices.Sort(took); len(took) > 0 {
		l.P50, l.P99 = took[len(took)/2], took[len(took)*99/100]
	}
	return json.NewEncoder(os.Stdout).Encode(l)
}

// stream is one of the things that a client does at the same time.
type stream struct {
	begin, end    time.Time
	count, failed uint64
	took          []time.Duration
}

// done counts something that began at a time, and says whether to go on.
func (s *stream) done(began time.Time, n uint64, err error) bool {
	now := time.Now()
	switch {
	case now.After(s.end):
		return false
	case began.Before(s.begin):
	case err != nil:
		s.failed++
	default:
		s.count += n
		s.took = append(s.took, now.Sub(began))
	}
	return true
}

func bulk(l *load, s *stream) {
	c, err := net.Dial("tcp", l.Address)
	if err != nil {
		s.failed++
		return
	}
	defer c.Close()
	message := make([]byte, messageSize)
	message[0] = 'b'
	c.Write(message)
	for much := make([]byte, 256<<10); ; {
		began := time.Now()
		n, err := c.Read(much)
		if !s.done(began, uint64(n), err) || err != nil {
			return
		}
	}
}

func connections(l *load, s *stream) {
	for {
		began := time.Now()
		c, err := net.Dial("tcp", l.Address)
		if err == nil {
			err = exchange(c)
			c.Close()
		}
		if !s.done(began, 1, err) {
			return
		}
	}
}

func requests(l *load, s *stream) {
	c, err := net.Dial("tcp", l.Address)
	if err != nil {
		s.failed++
		return
	}
	defer c.Close()
	for {
		began := time.Now()
		err := exchange(c)
		if !s.done(began, 1, err) || err != nil {
			return
		}
	}
}

func exchange(c net.Conn) error {
	message := make([]byte, messageSize)
	if _, err := c.Write(message); err != nil {
		return err
	}
	_, err := io.ReadFull(c, message)
	return err
}

// loadProxy runs a proxy with a service at its first argument and the others behind it.
func loadProxy(args []string) error {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	if err != nil {
		return err
	}
	p, err := proxy.New(proxy.Config{Client: o.Client(), NodeAddresses: []netip.Addr{}})
	if err != nil {
		return err
	}
	at := netip.MustParseAddrPort(args[0])
	e := &service.Endpoints{Meta: labels.Meta{Name: "load"}}
	for _, a := range args[1:] {
		to := netip.MustParseAddrPort(a)
		e.Subsets = append(e.Subsets, service.Subset{
			Addresses: []service.EndpointAddress{{IP: to.Addr().String()}},
			Ports:     []service.EndpointPort{{Port: int(to.Port())}},
		})
	}
	_, err = o.Client().Apply(context.Background(), e, &service.Service{
		Meta: labels.Meta{Name: "load"},
		Spec: service.Spec{ClusterIP: at.Addr().String(), Ports: []service.Port{{Port: int(at.Port())}}},
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- o.Run(context.Background()) }()
	go func() { ended <- p.Run(context.Background()) }()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for len(p.Status()) == 0 || len(p.Status()[0].Listening) == 0 {
		<-again.C
	}
	fmt.Println(at)
	return <-ended
}

// start runs this program in a role until the test ends, and returns the first line that it prints.
func start(t testing.TB, role string, args ...string) string {
	line, _ := startProcess(t, role, args...)
	return line
}

// startProcess is start that also returns the process.
func startProcess(t testing.TB, role string, args ...string) (string, int) {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "CORACLE_PROXY_TEST="+role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), cmd.Process.Pid
}

// run has a client process carry out a load.
func (l load) run(t testing.TB) load {
	asked, err := json.Marshal(l)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0], string(asked))
	cmd.Env = append(os.Environ(), "CORACLE_PROXY_TEST=load-client")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &l))
	return l
}

// freePort returns a port that nobody listens on now.
func freePort(t testing.TB, address string) string {
	ln, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	require.NoError(t, err)
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// startHAProxy runs HAProxy in TCP mode with as many threads as this machine
// has processors, and returns where it listens.
func startHAProxy(t testing.TB, threads int, backends ...string) (string, int, error) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		return "", 0, errors.New("haproxy is not installed")
	}
	at := "127.0.0.1:" + freePort(t, "127.0.0.1")
	config := fmt.Sprintf("global\n nbthread %d\n maxconn 4000\ndefaults\n mode tcp\n option splice-auto\n"+
		" timeout connect 5s\n timeout client 1m\n timeout server 1m\nlisten load\n bind %s\n", threads, at)
	for i, b := range backends {
		config += fmt.Sprintf(" server s%d %s\n", i, b)
	}
	file := t.TempDir() + "/haproxy.cfg"
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	cmd := exec.Command(program, "-db", "-f", file)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", at)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, patience, 10*time.Millisecond)
	return at, cmd.Process.Pid, nil
}

// processor returns the time that a process has used, at 100 ticks a second.
func processor(t testing.TB, pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

package haproxy_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/haproxy"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

const patience = 2 * time.Minute

// newBalancer returns a balancer on an address of its own, whose HAProxy ends with the test.
func newBalancer(t *testing.T) *haproxy.Balancer {
	if _, err := exec.LookPath("haproxy"); err != nil && os.Getenv("CI") == "" {
		t.Skip("haproxy is not installed: apt-get install haproxy")
	}
	dir, err := os.MkdirTemp("", "haproxy") // short enough for the name of a socket
	require.NoError(t, err)
	b := &haproxy.Balancer{Dir: dir, Addresses: []netip.Addr{nextAddress(), nextAddress()}, Threads: 1}
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return killAll(dir) == 0 }, patience, 5*time.Millisecond)
		require.NoError(t, os.RemoveAll(dir))
	})
	return b
}

// killAll kills every process that was started for a folder, and returns how many there were.
func killAll(dir string) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(line), dir+"/") {
			continue
		}
		n++
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		syscall.Kill(pid, syscall.SIGKILL)
	}
	return n
}

var lastAddress = netip.AddrFrom4([4]byte{127, 235, byte(os.Getpid()), 0})

// nextAddress returns an address of this machine that no other test has.
func nextAddress() netip.Addr {
	lastAddress = lastAddress.Next()
	return lastAddress
}

// master returns the process of a balancer's HAProxy, 0 if there is none.
func master(b *haproxy.Balancer) int {
	text, err := os.ReadFile(filepath.Join(b.Dir, "pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if !strings.Contains(string(line), b.Dir) {
		return 0
	}
	return pid
}

func TestConformance(t *testing.T) {
	made := func(t *testing.T, b orchestrator.Balancer) []haproxy.Made {
		all, err := b.(*haproxy.Balancer).Made()
		require.NoError(t, err)
		return all
	}
	orchtest.Balancer(t, orchtest.BalancerHarness{
		New: func(t *testing.T) orchestrator.Balancer {
			b := newBalancer(t)
			for range 10 { // the suite has services with the same ports
				b.Addresses = append(b.Addresses, nextAddress())
			}
			return b
		},
		Made: func(t *testing.T, b orchestrator.Balancer) []string {
			var uids []string
			for _, m := range made(t, b) {
				uids = append(uids, m.UID)
			}
			return uids
		},
		Nodes: func(t *testing.T, b orchestrator.Balancer, uid string) []string {
			for _, m := range made(t, b) {
				if m.UID == uid {
					return m.Nodes
				}
			}
			return nil
		},
		Reopen: func(_ *testing.T, old orchestrator.Balancer) orchestrator.Balancer {
			o := old.(*haproxy.Balancer)
			return &haproxy.Balancer{Dir: o.Dir, Addresses: o.Addresses, Threads: 1}
		},
	})
}

// backend says a name to each connection, and echoes; its port is a node port.
func backend(t *testing.T, address, name string) int {
	ln, err := net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprintln(c, name)
				io.Copy(c, c)
			}()
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

func balance(uid string, port, nodePort int, nodes ...string) orchestrator.Balance {
	b := orchestrator.Balance{Service: &service.Service{
		Meta: labels.Meta{Namespace: "default", Name: uid, UID: uid},
		Spec: service.Spec{Type: service.LoadBalancer, Ports: []service.Port{{Port: port, NodePort: nodePort, Protocol: pod.TCP}}},
	}}
	for i, address := range nodes {
		b.Nodes = append(b.Nodes, &node.Node{
			Meta:   labels.Meta{Name: fmt.Sprintf("node-%d", i)},
			Status: node.Status{Addresses: []node.Address{{Type: node.InternalIP, Address: address}}},
		})
	}
	return b
}

// ask connects and returns the name that it is told.
func ask(t *testing.T, address string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	var name string
	_, err = fmt.Fscanln(c, &name)
	require.NoError(t, err)
	return name
}

// Clients reach the nodes; a change breaks no connection and turns nobody away.
func TestTraffic(t *testing.T) {
	b := newBalancer(t)
	first, second := nextAddress().String(), nextAddress().String()
	port := backend(t, first+":0", "first")
	backend(t, fmt.Sprintf("%s:%d", second, port), "second")
	status, err := b.EnsureBalancer(t.Context(), balance("web", 8000, port, first))
	require.NoError(t, err)
	at := status.Ingress[0].IP + ":8000"
	require.Equal(t, "first", ask(t, at))

	kept, err := net.Dial("tcp", at)
	require.NoError(t, err)
	defer kept.Close()
	kept.SetDeadline(time.Now().Add(patience))
	var text string
	fmt.Fscanln(kept, &text)
	require.Equal(t, "first", text)
	stop, refused := make(chan struct{}), make(chan error, 1)
	var asked atomic.Int64
	go func() { // while it changes
		for {
			select {
			case <-stop:
				refused <- nil
				return
			default:
			}
			c, err := net.Dial("tcp", at)
			if err == nil {
				c.SetDeadline(time.Now().Add(patience))
				_, err = fmt.Fscanln(c, new(string))
				c.Close()
			}
			asked.Add(1)
			if err != nil {
				refused <- err
				return
			}
		}
	}()
	for range 3 {
		require.NoError(t, b.UpdateBalancer(t.Context(), balance("web", 8000, port, first, second)))
		require.NoError(t, b.UpdateBalancer(t.Context(), balance("web", 8000, port, second)))
		before := asked.Load()
		require.Eventually(t, func() bool { return asked.Load() > before || len(refused) > 0 }, patience, time.Millisecond)
	}
	close(stop)
	require.NoError(t, <-refused)
	require.Equal(t, "second", ask(t, at))
	fmt.Fprintln(kept, "hello")
	fmt.Fscanln(kept, &text)
	require.Equal(t, "hello", text)

	require.NoError(t, b.DeleteBalancer(t.Context(), balance("web", 8000, port)))
	require.Eventually(t, func() bool {
		_, err := net.Dial("tcp", at)
		return err != nil
	}, patience, 5*time.Millisecond, "nobody listens")
}

func TestRules(t *testing.T) {
	b := newBalancer(t)
	first, second := nextAddress().String(), nextAddress().String()
	port := backend(t, first+":0", "first")
	backend(t, fmt.Sprintf("%s:%d", second, port), "second")
	want := balance("web", 8000, port, first, second)
	want.Service.Spec.SessionAffinity = service.AffinityClientIP
	want.Service.Spec.LoadBalancerSourceRanges = []string{"127.0.0.0/16"}
	status, err := b.EnsureBalancer(t.Context(), want)
	require.NoError(t, err)
	at := status.Ingress[0].IP + ":8000"
	stays := ask(t, at)
	for range 4 {
		require.Equal(t, stays, ask(t, at))
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, 0, 1)}}
	c, err := d.Dial("tcp", at)
	if err == nil {
		_, err = c.Read(make([]byte, 1))
		c.Close()
	}
	require.Error(t, err, "from outside of the ranges")
}

// What can't be is refused with its reason, and leaves what is there alone.
func TestRefusals(t *testing.T) {
	b := newBalancer(t)
	b.Addresses = b.Addresses[:1]
	address := nextAddress().String()
	port := backend(t, address+":0", "first")
	status, err := b.EnsureBalancer(t.Context(), balance("web", 8000, port, address))
	require.NoError(t, err)
	udp := balance("dns", 53, 30053, address)
	udp.Service.Spec.Ports[0].Protocol = pod.UDP
	elsewhere := balance("far", 80, 30080, address)
	elsewhere.Service.Spec.LoadBalancerIP = "192.0.2.1"
	busy, err := net.Listen("tcp", b.Addresses[0].String()+":9000")
	require.NoError(t, err)
	defer busy.Close()
	for want, balance := range map[string]orchestrator.Balance{
		`make load balancer of service "dns": port 53 is UDP, and HAProxy passes TCP only`:                                    udp,
		`make load balancer of service "far": loadBalancerIP "192.0.2.1" is not one of`:                                       elsewhere,
		`make load balancer of service "two": port 8000 of ` + b.Addresses[0].String() + ` is taken by service "default/web"`: balance("two", 8000, 30080, address),
		`make load balancer of service "none": port 8001 has no node port to send to`:                                         balance("none", 8001, 0, address),
		`make load balancer of service "../up": uid "../up" must`:                                                             balance("../up", 8001, 30081, address),
		`make load balancer of service "odd": check configuration: exit status 1`:                                             balance("odd", 8002, 30081, "not a host"),
		`make load balancer of service "busy": port 9000 of ` + b.Addresses[0].String() + ` can not be had`:                   balance("busy", 9000, 30081, address),
	} {
		_, err := b.EnsureBalancer(t.Context(), balance)
		require.ErrorContains(t, err, want)
	}
	all, err := b.Made()
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "first", ask(t, status.Ingress[0].IP+":8000"))
	_, err = (&haproxy.Balancer{}).EnsureBalancer(t.Context(), udp)
	require.ErrorContains(t, err, "Dir is required")
}

// HAProxy that was killed is there again after the next call.
func TestKilled(t *testing.T) {
	b := newBalancer(t)
	address := nextAddress().String()
	port := backend(t, address+":0", "first")
	status, err := b.EnsureBalancer(t.Context(), balance("web", 8000, port, address))
	require.NoError(t, err)
	pid := master(b)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return master(b) == 0 }, patience, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		_, err := b.EnsureBalancer(t.Context(), balance("web", 8000, port, address))
		return err == nil
	}, patience, 5*time.Millisecond)
	require.Equal(t, "first", ask(t, status.Ingress[0].IP+":8000"))
}

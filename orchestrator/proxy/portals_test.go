package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// hostRange is a range that no machine should have a network in (RFC 2544), and
// hardly any other process of tests.
var hostRange = hostAddress(0) + "/24"

// hostAddress returns an address of the range; beyond 255, one after it.
func hostAddress(n int) string { return fmt.Sprintf("198.18.%d.%d", os.Getpid()%128*2+n/256, n%256) }

// needsRoot skips a test that changes the machine's network, unless it has to run.
func needsRoot(t *testing.T) {
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("needs root")
	}
}

// hostConfig is for a proxy with an interface of this test's own.
func hostConfig(t testing.TB, cidr string) (proxy.Config, *orchestrator.Orchestrator) {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, ServiceCIDR: cidr})
	require.NoError(t, err)
	return proxy.Config{
		Client: o.Client(), Portals: proxy.HostPortals, Interface: fmt.Sprintf("cor%d", os.Getpid()),
		Range: netip.MustParsePrefix(cidr), NodeAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
	}, o
}

func hasInterface(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

// Portals are on an interface of their own, which is gone afterwards.
func TestHostPortals(t *testing.T) {
	needsRoot(t)
	cfg, o := hostConfig(t, hostRange)
	p, err := proxy.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()
	r := &rig{t: t, client: o.Client(), proxy: p}
	external := hostAddress(257)
	s := &service.Service{Spec: service.Spec{ClusterIP: hostAddress(7), ExternalIPs: []string{external}}}
	at := r.serve(s, backend(t, "a"))
	require.Equal(t, "a", dial(t, at).line())
	require.Equal(t, "a", dial(t, external+":8000").line())
	second, err := proxy.New(cfg)
	require.NoError(t, err)
	require.ErrorContains(t, second.Run(ctx), "another proxy has it")
	require.NoError(t, o.Client().Services().Delete(ctx, "", "web", orchestrator.DeleteOptions{}))
	r.until(func() bool {
		ln, err := net.Listen("tcp", hostAddress(7)+":0")
		if err == nil {
			ln.Close()
		}
		return err != nil
	}, "the address is gone with its service")
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	require.False(t, hasInterface(cfg.Interface))
}

// A range in which the machine has a network is refused, and node ports go on.
func TestHostPortalsOverlap(t *testing.T) {
	needsRoot(t)
	cfg, o := hostConfig(t, "127.240.0.0/12") // the loopback network is 127.0.0.0/8
	cfg.Range = netip.MustParsePrefix("126.0.0.0/7")
	p, err := proxy.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()
	r := &rig{t: t, client: o.Client(), proxy: p}
	port := nodePort(t)
	r.serve(&service.Service{Spec: service.Spec{
		Type: service.NodePort, ClusterIP: "127.240.0.9", ExternalIPs: []string{"126.1.2.3"},
		Ports: []service.Port{{Port: 8000, NodePort: port}},
	}}, backend(t, "a"))
	require.Contains(t, r.event("web", "PortalRangeOverlaps").Message, "overlaps the network 127.0.0.0/8 of interface lo")
	require.Equal(t, "a", dial(t, fmt.Sprintf("127.0.0.1:%d", port)).line())
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
}

// hostProxy runs a proxy with a host portal until it is killed: the arguments are
// its interface, the portal, and the range.
func hostProxy(args []string) error {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, ServiceCIDR: args[2]})
	if err != nil {
		return err
	}
	p, err := proxy.New(proxy.Config{
		Client: o.Client(), Portals: proxy.HostPortals, Interface: args[0],
		Range: netip.MustParsePrefix(args[2]), NodeAddresses: []netip.Addr{},
	})
	if err != nil {
		return err
	}
	_, err = o.Client().Services().Create(context.Background(), &service.Service{
		Meta: labels.Meta{Name: "web"},
		Spec: service.Spec{ClusterIP: args[1], Ports: []service.Port{{Port: 8000}}},
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- o.Run(context.Background()) }()
	go func() { ended <- p.Run(context.Background()) }()
	return <-ended
}

// What a killed proxy left on the machine is gone when the next one starts.
func TestHostPortalsAfterKill(t *testing.T) {
	needsRoot(t)
	name := fmt.Sprintf("cok%d", os.Getpid())
	listens := func(address string) func() bool {
		return func() bool {
			ln, err := net.Listen("tcp", address)
			if err == nil {
				ln.Close()
			}
			return errors.Is(err, syscall.EADDRINUSE)
		}
	}
	begin := func(address string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], name, address, hostRange)
		cmd.Env = append(os.Environ(), "CORACLE_PROXY_TEST=host-proxy")
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		require.NoError(t, cmd.Start())
		return cmd
	}
	first := begin(hostAddress(21))
	require.Eventually(t, listens(hostAddress(21)+":8000"), patience, tick)
	first.Process.Kill()
	first.Wait()
	require.True(t, hasInterface(name), "a kill leaves the interface")
	second := begin(hostAddress(22))
	defer func() {
		second.Process.Kill()
		second.Wait()
		cfg, _ := hostConfig(t, hostRange) // the next one cleans up, and leaves nothing
		cfg.Interface = name
		p, err := proxy.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.NoError(t, p.Run(ctx))
		require.False(t, hasInterface(name))
	}()
	require.Eventually(t, listens(hostAddress(22)+":8000"), patience, tick)
	_, err := net.Listen("tcp", hostAddress(21)+":0")
	require.Error(t, err, "the old portal is gone")
}

// Nobody else's interface is touched.
func TestForeignInterface(t *testing.T) {
	needsRoot(t)
	cfg, _ := hostConfig(t, hostRange)
	cfg.Interface = "lo"
	p, err := proxy.New(cfg)
	require.NoError(t, err)
	require.ErrorContains(t, p.Run(t.Context()), `replace interface "lo": it is not the proxy's`)
	require.True(t, hasInterface("lo"))
}

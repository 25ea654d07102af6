package docker_test

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

func TestContainersOfAPodTalkOverLocalhost(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", x.toy("client", "fetch", "http://localhost:8080/"), x.toy("server", "serve", "8080", "hello", ";", "wait"))
	require.NoError(t, x.Start(x.ctx, p, p.Spec.Containers[1]))
	said, code := x.output(p)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello")

	other := x.pod("other", x.toy("client", "fetch", "http://"+x.running(p, "server").PodIP+":8080/"))
	said, code = x.output(other)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello", "the pod's address is reached from another pod")
}

func TestEnvironmentAndCommandLine(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", x.toy("main", "print", "$(GREETING) from $(WHERE)", ";", "environ", ";", "read", "/etc/hostname"))
	p.Spec.Hostname = "shop"
	p.Spec.Containers[0].Env = []pod.EnvVar{
		{Name: "GREETING", Value: "hello"},
		{Name: "WHERE", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "status.podIP"}}},
		{Name: "WHO", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "metadata.name"}}},
	}
	said, code := x.output(p)
	require.Equal(t, 0, code, said)
	ip := x.state(ref(p, "main")).PodIP
	require.NotNil(t, net.ParseIP(ip))
	for _, line := range []string{"hello from " + ip, "GREETING=hello", "WHERE=" + ip, "WHO=web", "shop"} {
		require.Contains(t, said, line+"\n")
	}
	bad := x.pod("bad", x.toy("main", "exit", "0"))
	bad.Spec.Containers[0].Env = []pod.EnvVar{{Name: "A", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "spec.nothing"}}}}
	require.Equal(t, "CreateContainerConfigError", x.refused(bad).Reason)
}

func TestHostPorts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	host, port := fmt.Sprintf("127.254.%d.%d", os.Getpid()/250%250, 1+os.Getpid()%250), 8080 // where hardly any other process is
	server := func(name string) *pod.Pod {
		p := x.pod(name, x.toy("server", "serve", "8080", "hello", ";", "wait"))
		p.Spec.Containers[0].Ports = []pod.ContainerPort{{ContainerPort: 8080, HostPort: port, HostIP: host}}
		return p
	}
	first, second := server("first"), server("second")
	x.start(first)
	x.until("the host port answers", func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	why := x.refused(second)
	require.Equal(t, "HostPortConflict", why.Reason)
	require.ErrorContains(t, why, strconv.Itoa(port))
	require.Nil(t, x.state(ref(second, "server")))

	require.NoError(t, x.Remove(x.ctx, first.UID))
	x.start(second) // it is tried again, and the port is free now
	x.running(second, "server")
}

func TestResources(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	c := x.toy("main", "wait")
	c.Resources = pod.Requirements{
		Limits:   pod.Resources{pod.CPU: pod.MustParseQuantity("500m"), pod.Memory: pod.MustParseQuantity("64Mi")},
		Requests: pod.Resources{pod.CPU: pod.MustParseQuantity("250m"), pod.Memory: pod.MustParseQuantity("64Mi")},
	}
	p := x.pod("web", c, x.toy("side", "wait"))
	x.start(p)
	host := x.inspect(x.running(p, "main").ID).HostConfig
	require.EqualValues(t, 256, host.CPUShares)
	require.EqualValues(t, 100_000, host.CPUPeriod)
	require.EqualValues(t, 50_000, host.CPUQuota)
	require.EqualValues(t, 64<<20, host.Memory)
	require.Greater(t, host.OomScoreAdj, 500, "little of the machine is asked for")
	require.Less(t, host.OomScoreAdj, 1000)
	side := x.inspect(x.running(p, "side").ID).HostConfig
	require.EqualValues(t, 2, side.CPUShares)
	require.Zero(t, side.CPUQuota)

	idle := x.pod("idle", x.toy("main", "wait"))
	sure := x.pod("sure", c)
	sure.Spec.Containers[0].Resources.Requests = nil
	x.start(idle)
	x.start(sure)
	require.Equal(t, 1000, x.inspect(x.running(idle, "main").ID).HostConfig.OomScoreAdj, "who asks for nothing goes first")
	require.Equal(t, 0, x.inspect(x.running(sure, "main").ID).HostConfig.OomScoreAdj, "what is promised everything goes last")
}

func TestDNS(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.DNS = []string{"192.0.2.10"}
	x.open()
	said := func(change func(s *pod.Spec)) string {
		p := x.pod("web", x.toy("main", "read", "/etc/resolv.conf"))
		change(&p.Spec)
		text, code := x.output(p)
		require.Equal(t, 0, code, text)
		return text
	}
	cluster := said(func(*pod.Spec) {})
	for _, line := range []string{"nameserver 192.0.2.10", "search default.svc.cluster.local svc.cluster.local cluster.local", "options ndots:5"} {
		require.Contains(t, cluster, line+"\n")
	}
	require.NotContains(t, said(func(s *pod.Spec) { s.DNSPolicy = pod.DNSDefault }), "192.0.2.10")
	two := "2"
	none := said(func(s *pod.Spec) {
		s.DNSPolicy = pod.DNSNone
		s.DNSConfig = &pod.DNSConfig{Nameservers: []string{"192.0.2.1"}, Options: []pod.DNSOption{{Name: "ndots", Value: &two}}}
	})
	require.Contains(t, none, "nameserver 192.0.2.1\n")
	require.Contains(t, none, "options ndots:2\n")
	require.NotContains(t, none, "search ")
}

package docker_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

func ref(p *pod.Pod, container string) orchestrator.ContainerRef {
	return orchestrator.RefTo(p, container)
}

func TestSecurityContext(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	user, group, yes, no := int64(1000), int64(1001), true, false
	said := func(s *pod.SecurityContext, words ...string) (string, int) {
		p := x.pod("web", x.toy("main", words...))
		p.Spec.SecurityContext = &pod.PodSecurityContext{SupplementalGroups: []int64{7}}
		p.Spec.Containers[0].SecurityContext = s
		return x.output(p)
	}
	text, _ := said(&pod.SecurityContext{RunAsUser: &user, RunAsGroup: &group, RunAsNonRoot: &yes}, "whoami")
	require.Equal(t, "1000:1001\n", text)
	text, _ = said(&pod.SecurityContext{RunAsGroup: &group}, "whoami")
	require.Equal(t, "0:1001\n", text)

	_, code := said(nil, "write", "/file", "x")
	require.Equal(t, 0, code)
	text, code = said(&pod.SecurityContext{ReadOnlyRootFilesystem: &yes}, "write", "/file", "x")
	require.Equal(t, 1, code, text)
	require.Contains(t, text, "read-only")

	text, _ = said(&pod.SecurityContext{AllowPrivilegeEscalation: &no, Capabilities: &pod.Capabilities{
		Drop: []string{"ALL"}, Add: []string{"NET_BIND_SERVICE"},
	}}, "read", "/proc/self/status")
	require.Contains(t, text, "CapEff:\t0000000000000400\n")
	require.Contains(t, text, "NoNewPrivs:\t1\n")
	require.Contains(t, text, "Groups:\t0 7")
}

func TestWhatIsNotAllowedIsRefused(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	yes := true
	refused := func(change func(p *pod.Pod), says string) {
		t.Helper()
		p := x.pod("web", x.toy("main", "wait"))
		change(p)
		why := x.refused(p)
		require.Equal(t, "CreateContainerConfigError", why.Reason)
		require.ErrorContains(t, why, says)
		require.Nil(t, x.state(ref(p, "main")))
	}
	rights := func(s pod.SecurityContext) func(*pod.Pod) {
		return func(p *pod.Pod) { p.Spec.Containers[0].SecurityContext = &s }
	}
	refused(rights(pod.SecurityContext{Privileged: &yes}), `securityContext.privileged is not allowed on node "n1": its docker.Config does not have AllowPrivileged`)
	refused(rights(pod.SecurityContext{Capabilities: &pod.Capabilities{Add: []string{"SYS_ADMIN"}}}), "capability SYS_ADMIN is not allowed")
	refused(rights(pod.SecurityContext{Capabilities: &pod.Capabilities{Add: []string{"ALL"}}}), "capability ALL is not allowed")
	refused(rights(pod.SecurityContext{RunAsNonRoot: &yes}), "would run as root")
	refused(func(p *pod.Pod) { p.Spec.HostNetwork = true }, "spec.hostNetwork is not allowed")
	refused(func(p *pod.Pod) { p.Spec.HostPID = true }, "spec.hostPID is not allowed")
	refused(func(p *pod.Pod) { p.Spec.HostIPC = true }, "spec.hostIPC is not allowed")
}

func TestWhatTheConfigAllows(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.AllowPrivileged, x.config.AllowHostNamespaces = true, true
	x.open()
	yes := true
	p := x.pod("agent", x.toy("main", "wait"))
	p.Spec.Containers[0].SecurityContext = &pod.SecurityContext{Privileged: &yes}
	// An engine that has not all rights itself, in a container say, can't hand them
	// on: what is asked of it is what counts.
	err := x.Start(x.ctx, p, p.Spec.Containers[0])
	require.True(t, x.inspect(x.config.Instance+"_"+p.UID+"_main_0").HostConfig.Privileged, "%v", err)

	tuner := x.pod("tuner", x.toy("main", "read", "/proc/self/status"))
	tuner.Spec.Containers[0].SecurityContext = &pod.SecurityContext{Capabilities: &pod.Capabilities{Drop: []string{"ALL"}, Add: []string{"NET_ADMIN"}}}
	said, _ := x.output(tuner)
	require.Contains(t, said, "CapEff:\t0000000000001000\n")

	where := x.pod("where", x.toy("main", "wait"))
	where.Spec.HostNetwork, where.Spec.HostPID, where.Spec.HostIPC = true, true, true
	x.start(where)
	require.Equal(t, "127.0.0.1", x.running(where, "main").PodIP)
	pid := x.inspect(x.running(where, "main").ID).State.Pid
	for _, ns := range []string{"net", "pid", "ipc"} {
		mine, err := os.Readlink("/proc/self/ns/" + ns)
		require.NoError(t, err)
		its, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/" + ns)
		require.NoError(t, err)
		require.Equal(t, mine, its, "namespace %s is the machine's", ns)
	}
}

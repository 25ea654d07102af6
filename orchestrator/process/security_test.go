//go:build linux

package process_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

func TestSecurityContextIsWarnedOf(t *testing.T) {
	x := newRig(t)
	p := x.pod("p1", "exit", "0")
	user, yes := int64(os.Getuid()+1), true
	p.Spec.DNSConfig = &pod.DNSConfig{Nameservers: []string{"192.0.2.1"}}
	p.Spec.Containers[0].SecurityContext = &pod.SecurityContext{RunAsUser: &user, ReadOnlyRootFilesystem: &yes}
	x.run(p)
	for _, text := range []string{
		"securityContext is not enforced: programs run as the host program's user and group",
		"securityContext is not enforced: programs have the rights of the host program's user",
		"dnsPolicy and dnsConfig are not honoured: programs ask the name servers of the machine",
	} {
		require.Contains(t, x.Warnings(), text)
	}
}

func TestRootIsRefusedToWhatMustNotRunAsRoot(t *testing.T) {
	x := newRig(t)
	p := x.pod("p1", "exit", "0")
	yes := true
	p.Spec.SecurityContext = &pod.PodSecurityContext{RunAsNonRoot: &yes}
	err := x.Start(x.ctx, p, p.Spec.Containers[0])
	if os.Getuid() != 0 {
		require.NoError(t, err)
		return
	}
	var why *orchestrator.StartError
	require.ErrorAs(t, err, &why)
	require.Equal(t, "CreateContainerConfigError", why.Reason)
	require.Empty(t, x.list())
}

package process

import (
	"errors"
	"os"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// refusal says why a container must not run as the host program's user.
func refusal(p *pod.Pod, c *pod.Container) error {
	s := pod.Security(p, c)
	if s.RunAsNonRoot == nil || !*s.RunAsNonRoot || os.Getuid() != 0 {
		return nil
	}
	return &orchestrator.StartError{
		Reason: "CreateContainerConfigError",
		Err:    errors.New("securityContext.runAsNonRoot is true, and programs run as the host program's user, which is root"),
	}
}

// securityWarnings says what a container asks for and does not get.
func securityWarnings(p *pod.Pod, c *pod.Container) []string {
	var out []string
	s := pod.Security(p, c)
	if s.RunAsUser != nil && *s.RunAsUser != int64(os.Getuid()) || s.RunAsGroup != nil && *s.RunAsGroup != int64(os.Getgid()) {
		out = append(out, "securityContext is not enforced: programs run as the host program's user and group")
	}
	if s.Capabilities != nil || s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem ||
		s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
		out = append(out, "securityContext is not enforced: programs have the rights of the host program's user")
	}
	if p.Spec.DNSPolicy == pod.DNSNone || p.Spec.DNSConfig != nil {
		out = append(out, "dnsPolicy and dnsConfig are not honoured: programs ask the name servers of the machine")
	}
	return out
}

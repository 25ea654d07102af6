package fake_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// noon is when most tests begin.
var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// newPod returns a pod whose uid is its name, with containers named like their images.
func newPod(name string, containers ...string) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name, Namespace: "default", UID: "uid-" + name}}
	for _, c := range containers {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: c, Image: c})
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, pod.ContainerStatus{Name: c})
	}
	return p
}

// try returns p as it is when its first container is to run its n'th attempt.
func try(p *pod.Pod, n int) *pod.Pod {
	next := *p
	next.Status.ContainerStatuses = append([]pod.ContainerStatus(nil), p.Status.ContainerStatuses...)
	next.Status.ContainerStatuses[0].RestartCount = n
	return &next
}

func ref(p *pod.Pod) orchestrator.ContainerRef {
	return orchestrator.RefTo(p, p.Spec.Containers[0].Name)
}

// text returns a list as one line for each attempt, with times since noon.
func text(list []orchestrator.ContainerState) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s/%d ", c.Pod+"/"+c.Container, c.Attempt)
		if s := c.State.Running; s != nil {
			fmt.Fprintf(&b, "running since %v", s.StartedAt.Sub(noon))
		}
		if s := c.State.Terminated; s != nil {
			fmt.Fprintf(&b, "ended %v-%v %s code %d", s.StartedAt.Sub(noon), s.FinishedAt.Sub(noon), s.Reason, s.ExitCode)
			if s.Signal != 0 {
				fmt.Fprintf(&b, " signal %d", s.Signal)
			}
			if s.Message != "" {
				fmt.Fprintf(&b, " %q", s.Message)
			}
		}
		if c.VolumeFault != "" {
			fmt.Fprintf(&b, " volume: %s", c.VolumeFault)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

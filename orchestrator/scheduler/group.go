package scheduler

import "github.com/coracle-dev/coracle/pod"

// Grouper is a Scheduler that knows which pods are alike to it. Of those that
// wait because they fit nowhere, only one of each group is then tried when
// something has changed.
type Grouper interface {
	Scheduler
	// Group returns a text that two pods share only if, in c, either both fit
	// somewhere or neither does. What was alike may be told apart in the cluster that
	// c becomes; then the texts of all that shared one are others. Empty: nothing is
	// known of the pod.
	Group(p *pod.Pod, c *Cluster) string
}

// Group returns what the policy goes by of the pod, and that is more once there
// was a pod that keeps others away. It implements Grouper.
func (s *Policy) Group(p *pod.Pod, c *Cluster) string {
	if s.Individual {
		return ""
	}
	t := c.templates.of(p)
	if t.alone && len(c.crowds.wary.crowds) == 0 {
		return s.shape(t)
	}
	return t.all()
}

package scheduler

import "github.com/coracle-dev/coracle/pod"

// Scheduler chooses a node for a pod.
//
// Pick must be deterministic: the same pod and the same cluster give the same
// decision. It must neither change what is counted in the cluster nor keep
// anything of it: whoever asks counts the pod on the node that was chosen,
// before the next Pick. Where there is no node for a pod it may be asked once more,
// without the room that is kept for pods of lower priority: see Cluster.Yield. It
// must not block. It is never called concurrently for one cluster; about a cluster and its forks it is asked at the same time, where somebody
// forks them (orchestrator.Client's Fork). There is no error: where no node is
// right the Decision says why.
//
// orchtest.Scheduler holds a scheduler to this, and to what Grouper, Preempter and
// Explainer promise. An Awaiter says more about which pods are worth another try.
type Scheduler interface {
	Pick(p *pod.Pod, c *Cluster) Decision
}

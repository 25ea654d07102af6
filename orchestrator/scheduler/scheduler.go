package scheduler

import "github.com/coracle-dev/coracle/pod"

// Scheduler chooses a node for a pod.
//
// Pick must be deterministic: the same pod and the same cluster give the same
// decision. It must neither change what is counted in the cluster nor keep
// anything of it: whoever asks counts the pod on the node that was chosen,
// before the next Pick. It is
// never called concurrently, and it must not block. There is no error: where no
// node is right the Decision says why.
type Scheduler interface {
	Pick(p *pod.Pod, c *Cluster) Decision
}

package node

import "github.com/coracle-dev/coracle/pod"

// Tolerated reports whether one of the tolerations covers the taint: its effect
// is the taint's or empty; its key is the taint's, or empty with Exists; and
// its operator is Exists, or its value is the taint's. How long it is tolerated
// (TolerationSeconds) does not matter here.
func (t Taint) Tolerated(by []pod.Toleration) bool {
	for i := range by {
		if t.toleratedBy(&by[i]) {
			return true
		}
	}
	return false
}

// toleratedBy reports whether one toleration covers the taint.
func (t Taint) toleratedBy(by *pod.Toleration) bool {
	if by.Effect != "" && by.Effect != t.Effect {
		return false
	}
	switch by.Operator {
	case pod.TolerationExists:
		return by.Key == "" || by.Key == t.Key
	case pod.TolerationEqual, "":
		return by.Key == t.Key && by.Value == t.Value
	}
	return false
}

// String reads key=value:Effect, as kubectl writes taints; key:Effect without a value.
func (t Taint) String() string {
	if t.Value == "" {
		return t.Key + ":" + string(t.Effect)
	}
	return t.Key + "=" + t.Value + ":" + string(t.Effect)
}

// Untolerated returns the first taint that keeps a pod with these tolerations
// from being scheduled here, and false where there is none. NoSchedule and
// NoExecute keep pods away; PreferNoSchedule does not.
func (n *Node) Untolerated(by []pod.Toleration) (Taint, bool) {
	for _, t := range n.Spec.Taints {
		if t.Effect != pod.PreferNoSchedule && !t.Tolerated(by) {
			return t, true
		}
	}
	return Taint{}, false
}

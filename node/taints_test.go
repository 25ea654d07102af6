package node_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// TestTaints plays the transcripts of testdata/taints: when taints drive pods
// away. See tainted for the commands.
func TestTaints(t *testing.T) {
	transcript.Files(t, "testdata/taints/*.txt", func(*testing.T) transcript.Handler {
		return (&tainted{node: &node.Node{Meta: labels.Meta{Name: "n1"}}, now: t0}).handle
	})
}

// tainted is a node and its pods. Its commands:
//
//	taint KEY[~VALUE]:EFFECT …          the node has these taints, and no others
//	pod NAME KEY[~VALUE][:EFFECT][@SECONDS] …   a pod with these tolerations, which starts now;
//	                                    key * is every taint; with the word unstarted, not yet
//	delete NAME, end NAME               a pod is deleted, or ends
//	after D                             time passes
//	taints                              shows when they were added
//
// All but the last show which pods have to go, and when.
type tainted struct {
	node *node.Node
	pods []*pod.Pod
	now  time.Time
}

func (w *tainted) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "taint":
		old := w.node.Copy()
		w.node.Spec.Taints = nil
		for _, word := range c.Words() {
			key, effect, _ := strings.Cut(word, ":")
			key, value, _ := strings.Cut(key, "~")
			w.node.Spec.Taints = append(w.node.Spec.Taints, node.Taint{Key: key, Value: value, Effect: pod.TaintEffect(effect)})
		}
		w.node.StampTaints(old, w.now)
		require.False(t, w.node.StampTaints(old, w.now.Add(time.Hour)), "stamped twice")
	case "pod":
		p := &pod.Pod{Meta: labels.Meta{Name: c.Word(0)}}
		if !c.Has("unstarted") {
			p.Status.StartTime = w.now
		}
		for _, word := range c.Words()[1:] {
			if word != "unstarted" {
				p.Spec.Tolerations = append(p.Spec.Tolerations, toleration(t, word))
			}
		}
		w.pods = append(w.pods, p)
	case "delete", "end":
		for _, p := range w.pods {
			switch {
			case p.Name != c.Word(0):
			case c.Name == "delete":
				p.DeletionTimestamp = w.now
			default:
				p.Status.Phase = pod.Succeeded
			}
		}
	case "after":
		d, err := time.ParseDuration(c.Word(0))
		require.NoError(t, err, c.Pos)
		w.now = w.now.Add(d)
	case "taints":
		var b strings.Builder
		for _, of := range w.node.Spec.Taints {
			fmt.Fprintf(&b, "%s", of)
			if !of.TimeAdded.IsZero() {
				fmt.Fprintf(&b, " added at %s", of.TimeAdded.Sub(t0))
			}
			b.WriteByte('\n')
		}
		return b.String()
	default:
		c.Unknown()
	}
	return w.show()
}

func toleration(t testing.TB, word string) pod.Toleration {
	word, text, timed := strings.Cut(word, "@")
	key, effect, _ := strings.Cut(word, ":")
	key, value, equal := strings.Cut(key, "~")
	by := pod.Toleration{Key: key, Value: value, Effect: pod.TaintEffect(effect), Operator: pod.TolerationExists}
	if equal {
		by.Operator = pod.TolerationEqual
	}
	if key == "*" {
		by.Key = ""
	}
	if timed {
		var seconds int64
		_, err := fmt.Sscan(text, &seconds)
		require.NoError(t, err)
		by.TolerationSeconds = &seconds
	}
	return by
}

func (w *tainted) show() string {
	var list []string
	for _, p := range w.pods {
		switch at, evict := w.node.Evicts(p, w.now); {
		case !evict:
			list = append(list, p.Name+" stays")
		case at.After(w.now):
			list = append(list, fmt.Sprint(p.Name, " goes in ", at.Sub(w.now)))
		default:
			list = append(list, p.Name+" goes")
		}
	}
	return strings.Join(list, ", ")
}

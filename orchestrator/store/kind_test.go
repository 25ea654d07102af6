package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		object     labels.Object
		kind       store.Kind
		namespaced bool
		noun       string
	}{
		{(*labels.Namespace)(nil), store.KindNamespace, false, "namespace"},
		{(*node.Node)(nil), store.KindNode, false, "node"},
		{(*pod.Pod)(nil), store.KindPod, true, "pod"},
		{(*replication.Controller)(nil), store.KindController, true, "replication controller"},
		{(*service.Service)(nil), store.KindService, true, "service"},
		{(*service.Endpoints)(nil), store.KindEndpoints, true, "endpoints"},
		{(*labels.Event)(nil), "", false, ""},
		{nil, "", false, ""},
	} {
		require.Equal(t, c.kind, store.KindOf(c.object))
		require.Equal(t, c.namespaced, store.Namespaced(c.kind))
		require.Equal(t, c.noun, c.kind.Noun())
		if c.kind != "" {
			require.Contains(t, store.Kinds(), c.kind)
		}
	}
	require.Len(t, store.Kinds(), 6)
	store.Kinds()[0] = "mine"
	require.Equal(t, store.KindNamespace, store.Kinds()[0])
}

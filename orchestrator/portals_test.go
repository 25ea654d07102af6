package orchestrator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// create and remove are operations on services.
func create(s *service.Service) orchestrator.Operation {
	return orchestrator.Operation{Verb: orchestrator.Create, Object: s}
}

func remove(name string) orchestrator.Operation {
	return orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindService, Name: name}
}

// at returns a service that asks for an address and a node port, each of which may be left out.
func at(name, ip string, port int) *service.Service {
	s := serviceOf(name)
	s.Spec.ClusterIP, s.Spec.Ports[0].NodePort = ip, port
	if port != 0 {
		s.Spec.Type = service.NodePort
	}
	return s
}

// portal returns the address and the first node port of a service.
func portal(t *testing.T, c *simulate.Cluster, name string) (string, int) {
	t.Helper()
	s, err := c.View().Services().Get("default", name)
	require.NoError(t, err)
	return s.Spec.ClusterIP, s.Spec.Ports[0].NodePort
}

func TestServicesGetPortals(t *testing.T) {
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{ServiceCIDR: "127.9.0.0/29", NodePortRange: "31000-31001"}}, 0)
	_, err := c.Do(create(at("b", "127.9.0.1", 31001)), create(serviceOf("a")), create(serviceOf("c")))
	require.NoError(t, err)
	a, none := portal(t, c, "a")
	require.Equal(t, "127.9.0.2", a, "the first that nobody has")
	require.Zero(t, none)

	_, err = c.Do(create(at("d", "127.9.0.1", 31001)))
	require.ErrorIs(t, err, orchestrator.ErrInvalid)
	var fields labels.FieldErrors
	require.ErrorAs(t, err, &fields)
	require.EqualError(t, fields, `spec.clusterIP: "127.9.0.1": is taken by service "default/b"; spec.ports[0].nodePort: "31001": is taken by service "default/b"`)

	// All of a write, or nothing: what came before the refused one is free again.
	_, err = c.Do(create(at("e", "127.9.0.6", 31000)), create(at("d", "127.9.0.1", 0)))
	require.ErrorIs(t, err, orchestrator.ErrInvalid)
	_, err = c.Do(remove("b"), create(at("d", "10.0.0.1", 0)))
	require.ErrorIs(t, err, orchestrator.ErrInvalid, "and b has kept what it has")
	_, err = c.Do(create(at("b", "127.9.0.1", 31001)))
	require.ErrorIs(t, err, orchestrator.ErrExists)
	_, err = c.Do(create(at("d", "127.9.0.1", 0)))
	require.ErrorIs(t, err, orchestrator.ErrInvalid, "also after somebody tried to create b again")
	_, err = c.Do(remove("b"), create(at("e", "127.9.0.1", 31001)))
	require.NoError(t, err, "what the same write gives back is free")

	for i := range 3 {
		_, err = c.Do(create(serviceOf(fmt.Sprint("more-", i))))
		require.NoError(t, err)
	}
	_, err = c.Do(create(serviceOf("too-many")))
	require.EqualError(t, err, `create service "default/too-many": invalid: spec.clusterIP: every address of 127.9.0.0/29 is taken`)
}

// What a service was given stays as long as it needs it, whatever is applied.
func TestPortalsStay(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 0)
	_, err := c.Apply(at("web", "", 0))
	require.NoError(t, err)
	ip, _ := portal(t, c, "web")
	s := serviceOf("web")
	s.Spec.Type = service.NodePort
	_, err = c.Apply(s)
	require.NoError(t, err)
	same, port := portal(t, c, "web")
	require.Equal(t, ip, same)
	require.Equal(t, 30000+86, port, "the first after those for who asks: 2768/32")
	revision := c.View().Revision()
	for _, verb := range []orchestrator.Verb{orchestrator.Apply, orchestrator.Update} {
		_, err = c.Do(orchestrator.Operation{Verb: verb, Object: s})
		require.NoError(t, err)
	}
	require.Equal(t, revision, c.View().Revision(), "the manifest changes nothing")

	s.Spec.ClusterIP = "127.240.0.7"
	_, err = c.Apply(s)
	require.ErrorContains(t, err, `spec.clusterIP: "127.240.0.7": must stay "`+ip+`"`)

	stored, err := c.View().Services().Get("default", "web")
	require.NoError(t, err)
	s = stored.Copy()
	s.Spec.Type = service.ClusterIP // with the node port that it no longer needs
	_, err = c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: s})
	require.NoError(t, err)
	_, port = portal(t, c, "web")
	require.Zero(t, port)
	_, err = c.Do(create(at("other", "", 30086)))
	require.NoError(t, err)
}

// Services keep their portals over a restart, and with other ranges it is said
// that they are outside.
func TestPortalsSurviveRestart(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.apply(at("a", "", 30001), serviceOf("b"))
		require.NoError(t, r.stop())
		again := newRig(t, orchestrator.Config{Journal: journal.copyUntil(len(journal.batches))}, r.machines)
		_, err := again.c.Services().Create(r.ctx(), at("c", "", 30001))
		require.ErrorContains(t, err, `is taken by service "default/a"`)
		b, err := again.c.Services().Get("", "b")
		require.NoError(t, err)
		_, err = again.c.Services().Create(r.ctx(), at("c", b.Spec.ClusterIP, 0))
		require.ErrorContains(t, err, `is taken by service "default/b"`)

		moved := newRig(t, orchestrator.Config{Journal: journal.copyUntil(len(journal.batches)), ServiceCIDR: "127.9.0.0/24"}, r.machines)
		moved.run()
		moved.pass(time.Second)
		require.Equal(t, []string{
			`spec.clusterIP: "` + b.Spec.ClusterIP + `": must be in 127.9.0.0/24: delete the service and create it anew`,
		}, messages(moved, "b", "PortalUnfit"))
		kept, err := moved.c.Services().Get("", "b")
		require.NoError(t, err)
		require.Equal(t, b.Spec, kept.Spec)
	})
}

// A journal may be older than portals: what it kept gets them.
func TestStoredServicesGetPortals(t *testing.T) {
	old := serviceOf("old")
	old.Default()
	old.UID, old.ResourceVersion = "1", 1
	ns := &labels.Namespace{Meta: labels.Meta{Name: "default", UID: "2", ResourceVersion: 2}}
	journal := &recordedJournal{}
	require.NoError(t, journal.Append(t.Context(), []store.Change{
		{Revision: 1, Kind: store.KindService, New: old}, {Revision: 2, Kind: store.KindNamespace, New: ns},
	}))
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.pass(time.Second)
		s, err := r.c.Services().Get("", "old")
		require.NoError(t, err)
		require.Equal(t, "127.240.1.0", s.Spec.ClusterIP)
		_, err = r.c.Endpoints().Get("", "old")
		require.NoError(t, err)
	})
}

// messages returns what events of a reason about a service say.
func messages(r *rig, name, reason string) []string {
	var all []string
	for _, e := range r.c.Events(orchestrator.EventFilter{Kind: "Service", Name: name, Reason: reason}) {
		all = append(all, e.Message)
	}
	return all
}

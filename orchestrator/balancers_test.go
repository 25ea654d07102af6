package orchestrator_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// balancedService returns a service of type LoadBalancer.
func balancedService(name string) *service.Service {
	s := serviceOf(name)
	s.Spec.Type = service.LoadBalancer
	return s
}

// balancing returns a cluster with a fake Balancer, whose calls take a while.
func balancing(t *testing.T, nodes int) (*simulate.Cluster, *fake.Balancer) {
	b := &fake.Balancer{}
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Balancer: b},
		Latency:      func(orchestrator.Work) time.Duration { return 100 * time.Millisecond },
	}, nodes)
	require.NoError(t, c.Advance(time.Second))
	return c, b
}

// behind returns the nodes of each load balancer, by service.
func behind(b *fake.Balancer) map[string][]string {
	all := make(map[string][]string)
	for _, made := range b.Made() {
		all[made.Service.Name] = []string{}
		for _, n := range made.Nodes {
			all[made.Service.Name] = append(all[made.Service.Name], n.Name)
		}
	}
	return all
}

func stored(t *testing.T, c *simulate.Cluster, name string) *service.Service {
	t.Helper()
	s, err := c.View().Services().Get("default", name)
	require.NoError(t, err)
	return s
}

func TestBalancersFollowServices(t *testing.T) {
	c, b := balancing(t, 3)
	_, err := c.Apply(balancedService("web"), serviceOf("db"))
	require.NoError(t, err)
	require.Equal(t, service.LoadBalancerStatus{Cloud: "fake"}, stored(t, c, "web").Status.LoadBalancer, "recorded before it is made")
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, service.LoadBalancerStatus{Cloud: "fake", Ingress: []service.Ingress{{IP: "192.0.2.1"}}}, stored(t, c, "web").Status.LoadBalancer)
	require.Equal(t, map[string][]string{"web": {"node-0", "node-1", "node-2"}}, behind(b))
	require.NotZero(t, b.Made()[0].Service.Spec.Ports[0].NodePort)
	require.NoError(t, c.Advance(time.Hour))
	require.Equal(t, fake.BalancerCalls{Ensure: 1}, b.Calls(), "nothing is asked for twice")

	// Nodes come and go, and may be excluded.
	c.Cut("node-1", true)
	require.NoError(t, c.Advance(2*time.Minute))
	require.Equal(t, map[string][]string{"web": {"node-0", "node-2"}}, behind(b))
	n, err := c.View().Nodes().Get("", "node-2")
	require.NoError(t, err)
	n = n.Copy()
	n.Labels = labels.Set{orchestrator.ExcludeLabel: ""}
	_, err = c.Apply(n, nodeNamed("node-3"))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, map[string][]string{"web": {"node-0", "node-3"}}, behind(b))
	require.Equal(t, 1, b.Calls().Ensure)

	// The service changes.
	s := balancedService("web")
	s.Spec.LoadBalancerIP = "198.51.100.7"
	_, err = c.Apply(s)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, "198.51.100.7", stored(t, c, "web").Status.LoadBalancer.Ingress[0].IP)

	// What only the engine knows is not for others to write.
	forgetful := stored(t, c, "web").Copy()
	forgetful.Status = service.Status{}
	_, err = c.Do(orchestrator.Operation{Verb: orchestrator.UpdateStatus, Object: forgetful})
	require.ErrorContains(t, err, `status.loadBalancer.cloud: must stay "fake"`)

	// And needs none any more.
	_, err = c.Apply(serviceOf("web"))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Second))
	require.Empty(t, b.Made())
	require.Equal(t, service.Status{}, stored(t, c, "web").Status)
}

// A service goes when its load balancer has gone, and leads to its pods until then.
func TestServiceWaitsForItsBalancer(t *testing.T) {
	c, b := balancing(t, 1)
	_, err := c.Apply(balancedService("web"), balancedService("forced"), controllerOf(1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	b.Fail(errors.New("quota"))
	require.NoError(t, c.Delete(store.KindService, "default", "web", orchestrator.DeleteOptions{}))
	require.NoError(t, c.Delete(store.KindService, "default", "forced", orchestrator.DeleteOptions{Force: true}))
	_, err = c.View().Services().Get("default", "forced")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
	_, err = c.Apply(controllerOf(2))
	require.NoError(t, err)
	require.NoError(t, c.Advance(10*time.Minute))
	require.Equal(t, [2]int{2, 0}, reached(t, c, "web"))
	require.Len(t, b.Made(), 2)
	require.Less(t, b.Calls().Delete, 2*20, "it backs off")
	require.Contains(t, eventsOf(c, "Service"), "FailedDeleteBalancer")

	b.Fail(nil)
	require.NoError(t, c.Advance(2*time.Minute))
	require.Empty(t, b.Made(), "also of the one that was forced")
	_, err = c.View().Services().Get("default", "web")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
	_, err = c.View().Endpoints().Get("default", "web")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
}

// What fails is tried again, as a whole.
func TestBalancersAreRetried(t *testing.T) {
	c, b := balancing(t, 2)
	b.Fail(errors.New("quota"))
	_, err := c.Apply(balancedService("web"))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.Empty(t, b.Made())
	require.Contains(t, eventsOf(c, "Service"), "FailedEnsureBalancer")
	b.Fail(nil)
	require.NoError(t, c.Advance(time.Minute))
	require.Len(t, b.Made(), 1)

	b.Lose()
	c.Cut("node-1", true)
	require.NoError(t, c.Advance(5*time.Minute))
	require.Equal(t, map[string][]string{"web": {"node-0"}}, behind(b), "an update that finds nothing is followed by all")
}

// Many services are balanced a few at a time, and none is forgotten.
func TestBalancerCallsAreBounded(t *testing.T) {
	b := &fake.Balancer{}
	under, most := 0, 0
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Balancer: b, CallsPerNode: 4},
		Latency: func(w orchestrator.Work) time.Duration {
			if w.Kind == orchestrator.WorkEnsureBalancer {
				under++
				most = max(most, under)
			}
			return time.Second
		},
		Observe: func(_ time.Time, r orchestrator.Ready) {
			for _, e := range r.Events {
				if e.Reason == "EnsuredBalancer" {
					under--
				}
			}
		},
	}, 1)
	for i := range 50 {
		_, err := c.Apply(balancedService(fmt.Sprintf("s%02d", i)))
		require.NoError(t, err)
	}
	require.NoError(t, c.Advance(time.Minute))
	require.Len(t, b.Made(), 50)
	require.LessOrEqual(t, most, 4)
}

// Without a Balancer that is said; a load balancer that another made is left, and that is said.
func TestNoBalancer(t *testing.T) {
	journal := &recordedJournal{}
	running(t, orchestrator.Config{Journal: journal, Balancer: &fake.Balancer{Called: "first"}}, func(t *testing.T, r *rig) {
		r.apply(balancedService("web"))
		r.pass(time.Second)
		require.NoError(t, r.stop())

		without := newRig(t, orchestrator.Config{Journal: journal.copyUntil(len(journal.batches))}, r.machines)
		without.run()
		without.pass(time.Minute)
		require.Equal(t, []string{"there is no load balancer: the config has no Balancer"}, messages(without, "web", "NoBalancer"))
		s, err := without.c.Services().Get("", "web")
		require.NoError(t, err)
		require.Equal(t, "first", s.Status.LoadBalancer.Cloud, "it may come back")
		require.NoError(t, without.c.Services().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{}))
		without.pass(time.Second)
		require.Len(t, messages(without, "web", "BalancerLeft"), 1)
		require.NoError(t, without.stop())

		second := &fake.Balancer{Called: "second"}
		other := newRig(t, orchestrator.Config{Journal: journal.copyUntil(len(journal.batches)), Balancer: second}, r.machines)
		other.run()
		other.pass(time.Minute)
		require.Len(t, messages(other, "web", "BalancerLeft"), 1)
		require.Len(t, second.Made(), 1)
	})
}

// Wherever the host program dies: when it is back, the load balancers are those
// of the services that are there.
func TestBalancersSurviveCrashes(t *testing.T) {
	for survived := range 24 {
		t.Run(fmt.Sprint(survived), func(t *testing.T) {
			b := &fake.Balancer{Delay: 500 * time.Millisecond}
			journal := &recordedJournal{fails: func(batches int, _ []store.Change) error {
				if batches > survived {
					return errors.New("the machine is off")
				}
				return nil
			}}
			bubble(t, orchestrator.Config{Journal: journal, Balancer: b}, func(t *testing.T, r *rig) {
				r.run()
				for i := range 6 {
					name := fmt.Sprintf("s%d", i)
					if _, err := r.c.Services().Apply(r.ctx(), balancedService(name)); err != nil {
						break
					}
					r.pass(time.Second * time.Duration(i%2))
					switch i % 3 {
					case 0:
						r.c.Services().Delete(r.ctx(), "", name, orchestrator.DeleteOptions{})
					case 1:
						r.c.Services().Apply(r.ctx(), serviceOf(name))
					}
				}
				r.pass(time.Second)
				_ = r.stop() // with the error of the journal, if it came to that

				again := newRig(t, orchestrator.Config{Journal: journal.copyUntil(len(journal.batches)), Balancer: b}, r.machines)
				again.run()
				again.pass(time.Minute)
				var asked, made []string
				for _, s := range again.c.Services().List(store.Filter{}) {
					require.False(t, s.Deleting())
					if s.Spec.Type == service.LoadBalancer {
						asked = append(asked, s.Name)
					}
				}
				for _, m := range b.Made() {
					made = append(made, m.Service.Name)
				}
				require.Equal(t, asked, made)
				require.NoError(t, again.stop())
			})
		})
	}
}

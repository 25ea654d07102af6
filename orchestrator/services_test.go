package orchestrator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// serviceOf returns a service in front of the pods of an application, on port 80.
func serviceOf(app string) *service.Service {
	return &service.Service{Meta: labels.Meta{Name: app}, Spec: service.Spec{
		Selector: labels.Set{"app": app}, Ports: []service.Port{{Port: 80}},
	}}
}

// reached returns how many addresses of a service are ready, and how many are not.
func reached(t *testing.T, c *simulate.Cluster, name string) [2]int {
	t.Helper()
	e, err := c.View().Endpoints().Get("default", name)
	require.NoError(t, err)
	var n [2]int
	for _, s := range e.Subsets {
		n[0] += len(s.Addresses)
		n[1] += len(s.NotReadyAddresses)
	}
	return n
}

// The endpoints of a service follow its pods through their lives.
func TestEndpointsFollowPods(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 3)
	_, err := c.Apply(serviceOf("web"), controllerOf(3))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, [2]int{3, 0}, reached(t, c, "web"))
	require.Empty(t, eventsOf(c, "Service"), "all is well")
	written, err := c.View().Endpoints().Get("default", "web")
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Hour))
	still, err := c.View().Endpoints().Get("default", "web")
	require.NoError(t, err)
	require.Same(t, written, still, "nothing is written where nothing has changed")

	p := c.View().Pods().List(store.Filter{})[0].Copy()
	p.Labels = labels.Set{"app": "debug"} // taken out, and replaced by its controller
	_, err = c.Apply(p)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Second))
	require.NotContains(t, fmt.Sprint(where(t, c, "web")), p.Name)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, [2]int{3, 0}, reached(t, c, "web"))

	s := serviceOf("web")
	s.Spec.Selector = labels.Set{"app": "debug"}
	_, err = c.Apply(s)
	require.NoError(t, err)
	require.Equal(t, []string{p.Name}, where(t, c, "web"))

	require.NoError(t, c.Delete(store.KindService, "default", "web", orchestrator.DeleteOptions{}))
	_, err = c.View().Endpoints().Get("default", "web")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
}

// where returns the names of the pods that a service leads to.
func where(t *testing.T, c *simulate.Cluster, name string) []string {
	t.Helper()
	e, err := c.View().Endpoints().Get("default", name)
	require.NoError(t, err)
	var names []string
	for _, s := range e.Subsets {
		for _, a := range s.Addresses {
			names = append(names, a.TargetRef.Name)
		}
	}
	return names
}

// eventsOf returns the reasons of the events about objects of a kind.
func eventsOf(c *simulate.Cluster, kind string) []string {
	var reasons []string
	for _, e := range c.Events() {
		if e.InvolvedObject.Kind == kind {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

// Endpoints that somebody wrote belong to a service with the same name from the
// moment that it selects; until then they are their owner's.
func TestEndpointsOfTheirOwner(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 1)
	byHand := &service.Endpoints{Meta: labels.Meta{Name: "web", Annotations: map[string]string{"by": "hand"}},
		Subsets: []service.Subset{{Addresses: []service.EndpointAddress{{IP: "192.0.2.1"}}, Ports: []service.EndpointPort{{Port: 80}}}}}
	s := serviceOf("web")
	s.Spec.Selector = nil
	_, err := c.Apply(byHand, s, controllerOf(1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	e, err := c.View().Endpoints().Get("default", "web")
	require.NoError(t, err)
	require.Equal(t, "192.0.2.1", e.Subsets[0].Addresses[0].IP)

	_, err = c.Apply(serviceOf("web"))
	require.NoError(t, err)
	adopted, err := c.View().Endpoints().Get("default", "web")
	require.NoError(t, err)
	require.Equal(t, []string{c.View().Pods().List(store.Filter{})[0].Name}, where(t, c, "web"))
	require.Equal(t, e.UID, adopted.UID)
	require.Equal(t, "hand", adopted.Annotations["by"])

	_, err = c.Apply(byHand) // now it is too late
	require.NoError(t, err)
	require.NotEqual(t, "192.0.2.1", where(t, c, "web")[0])
	require.NoError(t, c.Delete(store.KindEndpoints, "default", "web", orchestrator.DeleteOptions{}))
	require.Equal(t, [2]int{1, 0}, reached(t, c, "web"), "they come back")
}

// What keeps a service from reaching anything is said once, and the others go on.
func TestServiceSaysWhyItLeadsNowhere(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 1)
	nobody, unnamed := serviceOf("nobody"), serviceOf("web")
	unnamed.Name = "unnamed"
	unnamed.Spec.Ports[0].TargetPort = pod.FromString("wbe")
	_, err := c.Apply(nobody, unnamed, serviceOf("web"), controllerOf(2))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Hour))
	var said []string
	for _, e := range c.Events() {
		if e.InvolvedObject.Kind == "Service" {
			said = append(said, fmt.Sprint(e.InvolvedObject.Name, " ", e.Type, " ", e.Reason, ": ", e.Message, " ", e.Count))
		}
	}
	require.Contains(t, said, "nobody Warning NoPods: no pod matches the selector app=nobody 1")
	require.Contains(t, said, `unnamed Warning NoTargetPort: 2 of 2 pods have no port named "wbe", which is a targetPort 1`)
	require.Equal(t, [2]int{2, 0}, reached(t, c, "web"))
	require.Equal(t, [2]int{0, 0}, reached(t, c, "unnamed"))
}

// A namespace that goes takes its services and their endpoints along.
func TestServicesGoWithTheirNamespace(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 1)
	s, rc := serviceOf("web"), controllerOf(2)
	s.Namespace, rc.Namespace = "team", "team"
	_, err := c.Apply(&labels.Namespace{Meta: labels.Meta{Name: "team"}}, s, rc)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.NoError(t, c.Delete(store.KindNamespace, "", "team", orchestrator.DeleteOptions{}))
	require.NoError(t, c.Advance(time.Minute))
	_, err = c.View().Namespaces().Get("", "team")
	require.ErrorIs(t, err, orchestrator.ErrNotFound)
	require.Zero(t, c.View().Services().Len()+c.View().Endpoints().Len())
	require.NotContains(t, eventsOf(c, "Namespace"), "InternalError")
}

// A container is started with the variables of the services that were there
// before its pod, whatever comes and goes later, and its own may use them.
func TestServicesInTheEnvironment(t *testing.T) {
	started := make(map[string][]string) // by pod: the variables of each start
	c := newCluster(t, simulate.Config{
		Choose: func(p *pod.Pod, c *pod.Container, _ int) (fake.Script, bool) {
			var names []string
			for _, v := range c.Env {
				if v.Name == "MINE" || strings.HasSuffix(v.Name, "_SERVICE_HOST") {
					names = append(names, v.Name+"="+v.Value)
				}
			}
			started[p.Name] = append(started[p.Name], strings.Join(names, " "))
			return fake.Script{Runs: time.Hour}, true
		},
	}, 1)
	lonely := policyPod(pod.RestartAlways, 1)
	lonely.Name, lonely.Spec.EnableServiceLinks = "lonely", new(bool)
	early, late := policyPod(pod.RestartAlways, 1), policyPod(pod.RestartAlways, 1)
	early.Name, late.Name = "early", "late"
	early.Spec.Containers[0].Env = []pod.EnvVar{{Name: "MINE", Value: "$(DB_SERVICE_HOST)"}}
	_, err := c.Apply(serviceOf("db"), early, lonely)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	_, err = c.Apply(at("web", "127.240.0.7", 0), late)
	require.NoError(t, err)
	require.NoError(t, c.Advance(90*time.Minute)) // each is started a second time
	require.NoError(t, c.Delete(store.KindService, "default", "db", orchestrator.DeleteOptions{}))
	require.NoError(t, c.Advance(time.Hour))
	require.Equal(t, map[string][]string{
		"early":  {"DB_SERVICE_HOST=127.240.1.0 MINE=$(DB_SERVICE_HOST)", "DB_SERVICE_HOST=127.240.1.0 MINE=$(DB_SERVICE_HOST)", "MINE=$(DB_SERVICE_HOST)"},
		"late":   {"DB_SERVICE_HOST=127.240.1.0 WEB_SERVICE_HOST=127.240.0.7", "DB_SERVICE_HOST=127.240.1.0 WEB_SERVICE_HOST=127.240.0.7", "WEB_SERVICE_HOST=127.240.0.7"},
		"lonely": {"", "", ""},
	}, started)
}

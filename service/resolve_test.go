package service_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

func TestResolve(t *testing.T) {
	transcript.Files(t, "testdata/resolve-*.txt", func(*testing.T) transcript.Handler {
		return new(scene).handle
	})
}

// scene is a service and the pods that its selector matches.
type scene struct {
	service *service.Service
	pods    []*pod.Pod
}

func (x *scene) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "service":
		x.service = &service.Service{Meta: labels.Meta{Name: c.Text("name", "web")}, Spec: service.Spec{
			Type: service.Type(c.Text("type", "")), Selector: labels.Set{"app": "web"}, PublishNotReadyAddresses: c.Has("publish"),
		}}
		if c.Has("headless") {
			x.service.Spec.ClusterIP = service.Headless
		}
		for _, w := range c.Words() {
			if strings.Contains(w, ">") {
				x.service.Spec.Ports = append(x.service.Spec.Ports, servicePort(c, w))
			}
		}
		x.service.Default()
		require.NoError(t, x.service.Validate())
		if len(x.pods) == 0 {
			return ""
		}
	case "pod":
		x.put(onePod(c))
	case "gone":
		x.pods = slices.DeleteFunc(x.pods, func(p *pod.Pod) bool { return p.Name == c.Word(0) })
	default:
		c.Unknown()
	}
	return x.resolve(t)
}

// put adds a pod, in place of the one that had its name.
func (x *scene) put(p *pod.Pod) {
	for i := range x.pods {
		if x.pods[i].Name == p.Name {
			x.pods[i] = p
			return
		}
	}
	x.pods = append(x.pods, p)
}

// servicePort reads "http:80>web/UDP": name, port, target port and protocol, of
// which name and protocol may be left out.
func servicePort(c *transcript.Command, text string) service.Port {
	var p service.Port
	text, protocol, _ := strings.Cut(text, "/")
	p.Protocol = pod.Protocol(protocol)
	from, to, _ := strings.Cut(text, ">")
	if name, number, named := strings.Cut(from, ":"); named {
		p.Name, from = name, number
	}
	p.Port = atoi(c, from)
	if p.TargetPort = pod.FromString(to); strings.Trim(to, "0123456789") == "" {
		p.TargetPort = pod.FromInt(atoi(c, to))
	}
	return p
}

// onePod reads a pod: words are its state and, as "web:8080/UDP", its ports.
func onePod(c *transcript.Command) *pod.Pod {
	p := &pod.Pod{
		Meta: labels.Meta{Namespace: "default", Name: c.Word(0), UID: c.Text("uid", c.Word(0))},
		Spec: pod.Spec{
			NodeName: c.Text("node", ""), Hostname: c.Text("hostname", ""), Subdomain: c.Text("subdomain", ""),
			Containers: []pod.Container{{Name: "main"}},
		},
		Status: pod.Status{Phase: pod.Phase(c.Text("phase", "Running")), PodIP: c.Text("ip", "")},
	}
	if c.Has("ready") {
		p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, time.Time{})
	}
	if c.Has("deleting") {
		p.DeletionTimestamp = time.Unix(1, 0)
	}
	for _, w := range c.Words() {
		name, number, isPort := strings.Cut(w, ":")
		if !isPort {
			continue
		}
		number, protocol, _ := strings.Cut(number, "/")
		p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports,
			pod.ContainerPort{Name: name, ContainerPort: atoi(c, number), Protocol: pod.Protocol(protocol)})
	}
	return p
}

func atoi(c *transcript.Command, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		c.Fatalf("%v", err)
	}
	return n
}

// resolve shows what Resolve says, which must not depend on the order of the pods.
func (x *scene) resolve(t testing.TB) string {
	r := service.Resolve(x.service, x.pods)
	r.Endpoints.Name = "web"
	require.NoError(t, r.Endpoints.Validate())
	backwards := slices.Clone(x.pods)
	slices.Reverse(backwards)
	again := service.Resolve(x.service, backwards)
	require.True(t, r.Endpoints.SameSubsets(again.Endpoints))
	require.Equal(t, r.Events, again.Events)

	var b strings.Builder
	for _, s := range r.Endpoints.Subsets {
		ports := []string{"no ports"}
		for i, p := range s.Ports {
			ports = append(ports[:i], strings.TrimSpace(fmt.Sprintf("%s %d/%s", p.Name, p.Port, p.Protocol)))
		}
		fmt.Fprintln(&b, strings.Join(ports, ", "))
		showAddresses(&b, "ready", s.Addresses)
		showAddresses(&b, "not ready", s.NotReadyAddresses)
	}
	for _, e := range r.Events {
		fmt.Fprintln(&b, e.Type, e.Reason+":", e.Message)
	}
	if b.Len() == 0 {
		return "nowhere"
	}
	return b.String()
}

func showAddresses(b *strings.Builder, state string, as []service.EndpointAddress) {
	for _, a := range as {
		fmt.Fprintf(b, "  %s %s %s", state, a.IP, a.TargetRef.Name)
		for _, more := range []string{a.NodeName, a.Hostname} {
			if more != "" {
				fmt.Fprint(b, " ", more)
			}
		}
		fmt.Fprintln(b)
	}
}

func TestMoves(t *testing.T) {
	of := func(change func(*pod.Pod)) *pod.Pod {
		p := &pod.Pod{Meta: labels.Meta{Name: "a", UID: "1", Labels: labels.Set{"app": "web"}},
			Status: pod.Status{PodIP: "10.0.0.1", Phase: pod.Running}}
		if change != nil {
			change(p)
		}
		return p
	}
	for name, change := range map[string]func(*pod.Pod){
		"address":  func(p *pod.Pod) { p.Status.PodIP = "10.0.0.2" },
		"ready":    func(p *pod.Pod) { p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, time.Time{}) },
		"ended":    func(p *pod.Pod) { p.Status.Phase = pod.Failed },
		"deleting": func(p *pod.Pod) { p.DeletionTimestamp = time.Unix(1, 0) },
		"labels":   func(p *pod.Pod) { p.Labels = labels.Set{"app": "db"} },
		"node":     func(p *pod.Pod) { p.Spec.NodeName = "n" },
		"another":  func(p *pod.Pod) { p.UID = "2" },
	} {
		require.True(t, service.Moves(of(nil), of(change)), name)
		require.True(t, service.Moves(of(change), of(nil)), name)
	}
	require.True(t, service.Moves(nil, of(nil)))
	require.True(t, service.Moves(of(nil), nil))
	require.False(t, service.Moves(nil, nil))
	require.False(t, service.Moves(of(nil), of(func(p *pod.Pod) {
		p.ResourceVersion, p.Annotations, p.Status.Message = 5, map[string]string{"a": "b"}, "x"
		p.Status.ContainerStatuses = []pod.ContainerStatus{{RestartCount: 3}}
	})))
}

func TestSelects(t *testing.T) {
	require.True(t, (&service.Service{Spec: service.Spec{Selector: labels.Set{"a": "b"}}}).Selects())
	require.False(t, (&service.Service{}).Selects())
	require.False(t, (&service.Service{Spec: service.Spec{Selector: labels.Set{"a": "b"}, Type: service.ExternalName}}).Selects())
}

// A service of as many pods as there are is resolved anew where one of them changes.
func BenchmarkResolve(b *testing.B) {
	s := &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{
		Selector: labels.Set{"app": "web"}, Ports: []service.Port{{Port: 80, TargetPort: pod.FromString("http")}}}}
	s.Default()
	for _, n := range []int{10, 1000, 100000} {
		pods := make([]*pod.Pod, n)
		for i := range pods {
			pods[i] = &pod.Pod{Meta: labels.Meta{Name: fmt.Sprint("p", i), UID: fmt.Sprint(i)},
				Spec:   pod.Spec{Containers: []pod.Container{{Ports: []pod.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: pod.TCP}}}}},
				Status: pod.Status{Phase: pod.Running, PodIP: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}}
			pods[i].Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, time.Time{})
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				service.Resolve(s, pods)
			}
		})
	}
}

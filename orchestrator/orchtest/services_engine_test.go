//go:build linux

package orchtest_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/dns"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// Containers of a real engine reach a service by its address, which they have
// from their environment, and by its name, which they have from the cluster's name
// server; that is itself reached as a service.
func TestContainersFindServices(t *testing.T) {
	engine := enginetest.Connect(t)
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("portals that containers reach need root")
	}
	image, instance := enginetest.Toy(t, engine), "services-"+enginetest.Unique()
	enginetest.NothingLeft(t, engine, "coracle.dev/instance="+instance)

	// A range for benchmarks of networks (RFC 2544), in which no machine should be.
	cidr := fmt.Sprintf("198.19.%d.0/24", os.Getpid()%256)
	nameServer := fmt.Sprintf("198.19.%d.10", os.Getpid()%256)
	o, err := orchestrator.New(orchestrator.Config{
		Dial:        docker.Config{Instance: instance, DNS: []string{nameServer}}.Dial,
		Machines:    []*node.Node{{Meta: labels.Meta{Name: "engine"}}},
		ServiceCIDR: cidr,
	})
	require.NoError(t, err)
	client := o.Client()
	p, err := proxy.New(proxy.Config{
		Client: client, Portals: proxy.HostPortals, Interface: fmt.Sprintf("cors%d", os.Getpid()), Range: netip.MustParsePrefix(cidr),
	})
	require.NoError(t, err)
	answers := make(chan netip.AddrPort, 1)
	names, err := dns.New(dns.Config{
		Client: client, Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")},
		Listening: func(on []netip.AddrPort) { answers <- on[0] },
	})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 3)
	for _, run := range []func(context.Context) error{o.Run, p.Run, names.Run} {
		go func() { ended <- run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		for range 3 {
			require.NoError(t, <-ended)
		}
	})
	t.Cleanup(func() { removePods(t, client) }) // before that

	at := <-answers
	both := []service.Port{{Name: "dns", Port: 53, Protocol: pod.UDP}, {Name: "dns-tcp", Port: 53}}
	server := toyPod(image, "server", "serve", "8080", "it is me", ";", "wait")
	server.Labels = labels.Set{"app": "web"}
	_, err = client.Apply(t.Context(),
		&service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{
			Selector: labels.Set{"app": "web"}, Ports: []service.Port{{Port: 8000, TargetPort: pod.FromInt(8080)}},
		}},
		&service.Service{Meta: labels.Meta{Name: "dns"}, Spec: service.Spec{ClusterIP: nameServer, Ports: both}},
		&service.Endpoints{Meta: labels.Meta{Name: "dns"}, Subsets: []service.Subset{{
			Addresses: []service.EndpointAddress{{IP: at.Addr().String()}},
			Ports: []service.EndpointPort{
				{Name: "dns", Port: int(at.Port()), Protocol: pod.UDP}, {Name: "dns-tcp", Port: int(at.Port())},
			},
		}}},
		server,
	)
	require.NoError(t, err)

	urls := map[string]string{
		"environment": "http://$(WEB_SERVICE_HOST):$(WEB_SERVICE_PORT)/",
		"short":       "http://web:8000/",
		"full":        "http://web.default.svc.cluster.local:8000/",
	}
	for name, url := range urls {
		_, err := client.Pods().Create(t.Context(), toyPod(image, name, "fetch", url))
		require.NoError(t, err)
	}
	for name := range urls {
		require.Equal(t, "it is me", said(t, client, name), name)
	}
	require.Positive(t, names.Status().Queries)
}

// toyPod returns a pod whose only container carries out commands once.
func toyPod(image, name string, commands ...string) *pod.Pod {
	return &pod.Pod{Meta: labels.Meta{Name: name}, Spec: pod.Spec{
		RestartPolicy: pod.RestartNever,
		Containers:    []pod.Container{{Name: "main", Image: image, ImagePullPolicy: pod.PullNever, Args: commands}},
	}}
}

// said waits for the end of a pod and returns its log.
func said(t *testing.T, client *orchestrator.Client, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	err := client.Wait(ctx, func(view store.Reader) bool {
		p, err := view.Pods().Get(labels.DefaultNamespace, name)
		return err == nil && p.Status.Phase.Terminal()
	})
	require.NoError(t, err, "pod %s does not end", name)
	var log bytes.Buffer
	require.NoError(t, client.Pods().Logs(ctx, "", name, orchestrator.LogOptions{Stdout: &log, Stderr: &log}))
	return string(bytes.TrimSpace(log.Bytes()))
}

// removePods deletes every pod and waits until they are gone.
func removePods(t *testing.T, client *orchestrator.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for _, p := range client.Pods().List(store.Filter{}) {
		require.NoError(t, client.Pods().Delete(ctx, p.Namespace, p.Name, orchestrator.DeleteOptions{Grace: new(time.Duration)}))
	}
	require.NoError(t, client.Wait(ctx, func(view store.Reader) bool { return view.Pods().Len() == 0 }))
}

package manifest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

func TestReadGuestbook2014(t *testing.T) {
	objects, err := manifest.ReadFiles("testdata/guestbook2014")
	require.NoError(t, err)
	replicas := 3
	require.Equal(t, []labels.Object{
		&pod.Pod{
			Meta: labels.Meta{Name: "redis-master", Labels: labels.Set{"name": "redis", "role": "master"}},
			Spec: pod.Spec{
				RestartPolicy: pod.RestartAlways,
				Volumes:       []pod.Volume{{Name: "data", HostPath: &pod.HostPath{Path: "/var/lib/redis"}}},
				Containers: []pod.Container{{
					Name: "master", Image: "guest/redis", ImagePullPolicy: pod.PullIfNotPresent,
					Ports:         []pod.ContainerPort{{Name: "redis", ContainerPort: 6379, HostPort: 6379}},
					Env:           []pod.EnvVar{{Name: "MODE", Value: "master"}},
					Resources:     pod.Requirements{Limits: amounts("250m", "134217728")},
					VolumeMounts:  []pod.VolumeMount{{Name: "data", MountPath: "/data"}},
					LivenessProbe: &pod.Probe{TCPSocket: &pod.TCPSocket{Port: pod.FromInt(6379)}, InitialDelaySeconds: 15},
				}},
			},
		},
		&service.Service{
			Meta: labels.Meta{Name: "redis-master", Labels: labels.Set{"name": "redis"}},
			Spec: service.Spec{
				Selector: labels.Set{"name": "redis", "role": "master"},
				Ports:    []service.Port{{Port: 10000, TargetPort: pod.FromInt(6379)}},
			},
		},
		&replication.Controller{
			Meta: labels.Meta{Name: "frontend", Labels: labels.Set{"name": "frontend"}},
			Spec: replication.Spec{
				Replicas: &replicas,
				Selector: labels.Set{"name": "frontend"},
				Template: &pod.Template{
					Meta: labels.Meta{Labels: labels.Set{"name": "frontend"}},
					Spec: pod.Spec{Containers: []pod.Container{{
						Name: "php", Image: "guest/php-redis", Args: []string{"--listen", ":80"},
						Ports:     []pod.ContainerPort{{Name: "http", ContainerPort: 80, HostPort: 8000}},
						Resources: pod.Requirements{Limits: amounts("100m", "50000000")},
					}}},
				},
			},
		},
		&service.Service{
			Meta: labels.Meta{Name: "frontend", Labels: labels.Set{"name": "frontend"}},
			Spec: service.Spec{
				Type: service.LoadBalancer, ExternalIPs: []string{"192.0.2.10"}, Selector: labels.Set{"name": "frontend"},
				Ports: []service.Port{{Port: 80, TargetPort: pod.FromString("http"), Protocol: pod.TCP}},
			},
		},
		&node.Node{
			Meta: labels.Meta{Name: "10.1.2.3", Labels: labels.Set{"name": "my-first-k8s-node"}},
			Status: node.Status{
				Capacity:  amounts("1", "1073741824"),
				Addresses: []node.Address{{Type: node.InternalIP, Address: "10.1.2.3"}},
			},
		},
		&node.Node{Meta: labels.Meta{Name: "node-2"}, Status: node.Status{Capacity: amounts("2", "4Gi")}},
		&service.Endpoints{
			Meta: labels.Meta{Name: "outside"},
			Subsets: []service.Subset{
				{Addresses: []service.EndpointAddress{{IP: "192.0.2.1"}, {IP: "192.0.2.2"}}, Ports: []service.EndpointPort{{Port: 80}}},
				{Addresses: []service.EndpointAddress{{IP: "2001:db8::1"}}, Ports: []service.EndpointPort{{Port: 8080}}},
			},
		},
	}, objects)
}

func amounts(cpu, memory string) pod.Resources {
	return pod.Resources{pod.CPU: pod.MustParseQuantity(cpu), pod.Memory: pod.MustParseQuantity(memory)}
}

func TestReadOldPod(t *testing.T) {
	privileged := true
	p := readOne[*pod.Pod](t, `{
		"apiVersion": "v1beta1", "kind": "Pod", "id": "p", "uid": "u", "namespace": "ns", "resourceVersion": 12,
		"creationTimestamp": "2014-11-01T10:00:00Z", "selfLink": "/api/v1beta1/pods/p", "annotations": {"a": "b"},
		"nodeSelector": {"disk": "ssd"},
		"desiredState": {
			"host": "m1", "status": "", "info": null,
			"manifest": {
				"version": "v1beta2", "id": "another", "uuid": "x", "dnsPolicy": "Default", "hostNetwork": true,
				"restartPolicy": {"never": {}},
				"volumes": [{"name": "v", "source": {"emptyDir": {}, "hostDir": null, "persistentDisk": null}}, {"name": "w"}],
				"containers": [{
					"name": "c", "image": "i", "entrypoint": ["/bin/sh"], "command": ["-c", "true"], "workingDir": "/",
					"privileged": true, "capabilities": {"add": ["NET_ADMIN"]}, "terminationMessagePath": "/dev/last-words",
					"lifecycle": {"postStart": {"exec": {"command": ["true"]}}, "preStop": {"httpGet": {"path": "/quit", "port": 80}}},
					"resources": {"limits": {"cpu": 500, "memory": "64Mi"}},
					"volumeMounts": [{"name": "v", "path": "/v", "readOnly": true, "mountType": "LOCAL"}],
					"readinessProbe": {"type": "http", "httpGet": {"path": "/", "port": "http", "host": "h"}, "timeoutSeconds": 2}
				}]
			}
		},
		"currentState": {"status": "Running", "hostIP": "10.0.0.1", "podIP": "10.0.1.1", "host": "m1", "info": {"c": {}}, "manifest": {}}
	}`)
	require.Equal(t, &pod.Pod{
		Meta: labels.Meta{
			Name: "p", UID: "u", Namespace: "ns", ResourceVersion: 12, Annotations: map[string]string{"a": "b"},
			CreationTimestamp: time.Date(2014, 11, 1, 10, 0, 0, 0, time.UTC),
		},
		Spec: pod.Spec{
			NodeName: "m1", NodeSelector: labels.Set{"disk": "ssd"}, RestartPolicy: pod.RestartNever,
			DNSPolicy: pod.DNSDefault, HostNetwork: true,
			Volumes: []pod.Volume{{Name: "v", EmptyDir: &pod.EmptyDir{}}, {Name: "w"}},
			Containers: []pod.Container{{
				Name: "c", Image: "i", Command: []string{"/bin/sh"}, Args: []string{"-c", "true"}, WorkingDir: "/",
				Resources:      pod.Requirements{Limits: amounts("500m", "64Mi")},
				VolumeMounts:   []pod.VolumeMount{{Name: "v", MountPath: "/v", ReadOnly: true}},
				ReadinessProbe: &pod.Probe{HTTPGet: &pod.HTTPGet{Path: "/", Port: pod.FromString("http"), Host: "h"}, TimeoutSeconds: 2},
				Lifecycle: &pod.Lifecycle{
					PostStart: &pod.Handler{Exec: &pod.ExecAction{Command: []string{"true"}}},
					PreStop:   &pod.Handler{HTTPGet: &pod.HTTPGet{Path: "/quit", Port: pod.FromInt(80)}},
				},
				TerminationMessagePath: "/dev/last-words",
				SecurityContext:        &pod.SecurityContext{Privileged: &privileged, Capabilities: &pod.Capabilities{Add: []string{"NET_ADMIN"}}},
			}},
		},
		Status: pod.Status{Phase: pod.Running, HostIP: "10.0.0.1", PodIP: "10.0.1.1"},
	}, p)
}

func TestReadOldRest(t *testing.T) {
	name := readOne[*pod.Pod](t, "{apiVersion: v1beta1, kind: Pod, desiredState: {manifest: {id: inner}}}")
	require.Equal(t, "inner", name.Name)

	none := readOne[*replication.Controller](t, "{apiVersion: v1beta1, kind: ReplicationController, id: r, currentState: {replicas: 2, podTemplate: {}}}")
	require.Equal(t, 0, *none.Spec.Replicas, "no replicas were none")
	require.Equal(t, 2, none.Status.Replicas)
	require.Nil(t, none.Spec.Template)

	several := readOne[*service.Service](t, `{apiVersion: v1beta1, kind: Service, id: s, port: 80, portalIP: None, proxyPort: 7, sessionAffinity: ClientIP,
		ports: [{name: a, port: 80, containerPort: "8080"}, {name: b, port: 81, containerPort: web, protocol: UDP, nodePort: 30000}]}`)
	require.Equal(t, service.Spec{ClusterIP: "None", SessionAffinity: service.AffinityClientIP, Ports: []service.Port{
		{Name: "a", Port: 80, TargetPort: pod.FromInt(8080)},
		{Name: "b", Port: 81, TargetPort: pod.FromString("web"), Protocol: pod.UDP, NodePort: 30000},
	}}, several.Spec)

	subsets := readOne[*service.Endpoints](t, `{apiVersion: v1beta1, kind: Endpoints, id: e, endpoints: ["10.0.0.1:80"], protocol: TCP,
		subsets: [{addresses: [{IP: 10.0.0.1, targetRef: {kind: Pod, name: p}}], ports: [{name: a, port: 80, protocol: TCP}]}]}`)
	require.Equal(t, []service.Subset{{
		Addresses: []service.EndpointAddress{{IP: "10.0.0.1", TargetRef: &labels.Reference{Kind: "Pod", Name: "p"}}},
		Ports:     []service.EndpointPort{{Name: "a", Port: 80, Protocol: pod.TCP}},
	}}, subsets.Subsets)

	n := readOne[*node.Node](t, `{apiVersion: v1beta1, kind: Node, id: n, hostIP: 10.0.0.1, podCIDR: 10.1.0.0/24, unschedulable: true, externalID: "",
		status: {phase: Running, conditions: [{kind: Ready, status: Full}], addresses: [{type: InternalIP, address: 10.0.0.1}]}}`)
	require.Equal(t, node.Spec{Unschedulable: true, PodCIDR: "10.1.0.0/24"}, n.Spec)
	require.Equal(t, node.Status{Phase: node.Running, Addresses: []node.Address{{Type: node.InternalIP, Address: "10.0.0.1"}}}, n.Status)

	space := readOne[*labels.Namespace](t, `{apiVersion: v1beta1, kind: Namespace, id: x, spec: {finalizers: [kubernetes]}, status: {phase: Active}}`)
	require.Equal(t, labels.NamespaceActive, space.Status.Phase)
	require.Empty(t, read(t, `{apiVersion: v1beta1, kind: PodList, id: "", creationTimestamp: null, resourceVersion: 7, items: []}`))
}

func TestReadOldErrors(t *testing.T) {
	inContainer := func(s string) string {
		return "apiVersion: v1beta1\nkind: Pod\nid: p\ndesiredState:\n  manifest:\n    containers:\n    - name: c\n      " + s + "\n"
	}
	inManifest := func(s string) string {
		return "apiVersion: v1beta1\nkind: Pod\nid: p\ndesiredState:\n  manifest:\n    " + s + "\n"
	}
	cases := []struct{ name, text, want string }{
		{"core/v1 in v1beta1", "apiVersion: v1beta1\nkind: Pod\nmetadata: {name: a}\n", "line 3: document 1: metadata: unknown field"},
		{"v1beta1 in core/v1", "apiVersion: v1\nkind: Pod\nid: a\n", "line 3: document 1: id: unknown field"},
		{"a minion in core/v1", "apiVersion: v1\nkind: Minion\n", `line 2: document 1: kind: "Minion": not a kind that is read; there are Endpoints, Namespace, Node, Pod, ReplicationController, Service, and lists of them`},
		{"a kind", "apiVersion: v1beta1\nkind: Secret\n", `line 2: document 1: kind: "Secret": not a kind that is read; there are Endpoints, Minion, Namespace, Node, Pod, ReplicationController, Service, and lists of them`},
		{"two restart policies", inManifest("restartPolicy: {always: {}, never: {}}"), "line 6: document 1: desiredState.manifest.restartPolicy: must have one of always, onFailure and never"},
		{"an unknown one", inManifest("restartPolicy: {sometimes: {}}"), "line 6: document 1: desiredState.manifest.restartPolicy.sometimes: unknown field"},
		{"one of today", inManifest("restartPolicy: Always"), `line 6: document 1: desiredState.manifest.restartPolicy: "Always": must be a mapping, not a string`},
		{"a version", inManifest("version: v1"), `line 6: document 1: desiredState.manifest.version: "v1": must be v1beta1 or v1beta2`},
		{"two sources", inManifest("volumes: [{name: v, source: {emptyDir: {}, hostDir: {path: /}}}]"), "line 6: document 1: desiredState.manifest.volumes[0].source: must have one of hostDir and emptyDir"},
		{"a share", inManifest("volumes: [{name: v, source: {nfs: {server: d}}}]"), "line 6: document 1: desiredState.manifest.volumes[0].source.nfs: unsupported: Coracle has nothing that acts on this field"},
		{"two names", inContainer("env: [{name: A, key: B}]"), `line 8: document 1: desiredState.manifest.containers[0].env[0].key: "B": is the older name of name, which says "A"`},
		{"two paths", inContainer("volumeMounts: [{mountPath: /a, path: /b}]"), `line 8: document 1: desiredState.manifest.containers[0].volumeMounts[0].path: "/b": is the older name of mountPath, which says "/a"`},
		{"a host mount", inContainer("volumeMounts: [{mountPath: /a, mountType: HOST}]"), `line 8: document 1: desiredState.manifest.containers[0].volumeMounts[0].mountType: "HOST": unsupported: mount a volume whose source is a hostDir`},
		{"one problem is said once", inContainer("cpu: -1\n      imagee: i"), "line 9: document 1: desiredState.manifest.containers[0].imagee: unknown field; did you mean image?"},
		{"negative cpu", inContainer("cpu: -1"), `line 8: document 1: desiredState.manifest.containers[0].cpu: "-1": must not be negative`},
		{"a quantity of today", inContainer("cpu: 100m"), `line 8: document 1: desiredState.manifest.containers[0].cpu: "100m": must be a whole number`},
		{"cpu twice", inContainer("cpu: 1\n      resources: {limits: {cpu: 2}}"), `line 8: document 1: desiredState.manifest.containers[0].cpu: "1": resources.limits says it as well`},
		{"a pull policy", inContainer("imagePullPolicy: Daily"), `line 8: document 1: desiredState.manifest.containers[0].imagePullPolicy: "Daily": must be PullAlways, PullIfNotPresent or PullNever`},
		{"a security context", inContainer("securityContext: {runAsUser: 1}"), `line 8: document 1: desiredState.manifest.containers[0].securityContext: unsupported: Coracle has nothing that acts on this field`},
		{"in a template", "apiVersion: v1beta1\nkind: ReplicationController\ndesiredState:\n  podTemplate:\n    desiredState:\n      manifest:\n        version: 1\n", `line 7: document 1: desiredState.podTemplate.desiredState.manifest.version: "1": is a number and must be a string: put it in quotes`},
		{"in a list", "apiVersion: v1beta1\nkind: PodList\nitems:\n- desiredState:\n    manifest:\n      version: v0\n", `line 6: document 1: items[0].desiredState.manifest.version: "v0": must be v1beta1 or v1beta2`},
		{"a phase", "apiVersion: v1beta1\nkind: Pod\ncurrentState: {status: Odd}\n", `line 3: document 1: currentState.status: "Odd": must be Waiting, Running, Terminated, Succeeded or Unknown`},
		{"no endpoint", "apiVersion: v1beta1\nkind: Endpoints\nendpoints: [\"10.0.0.1:80\", \"redis:6379\"]\n", `line 3: document 1: endpoints[1]: "redis:6379": must be an IP address and a port, as in 10.10.1.1:1909`},
		{"an amount", "apiVersion: v1beta1\nkind: Minion\nresources:\n  capacity: {cpu: lots, memory: -}\n", `line 4: document 1: resources.capacity[cpu]: "lots": must be a number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3` + "\n" +
			`line 4: document 1: resources.capacity[memory]: "-": must be a number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3`},
		{"a type besides the balancer", "apiVersion: v1beta1\nkind: Service\ntype: NodePort\ncreateExternalLoadBalancer: true\n", `line 4: document 1: createExternalLoadBalancer: "true": the type says NodePort`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			objects, err := manifest.Read(strings.NewReader(c.text))
			require.Empty(t, objects)
			require.EqualError(t, err, c.want)
		})
	}
}

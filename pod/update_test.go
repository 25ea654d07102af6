package pod_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func TestValidateUpdateTakes(t *testing.T) {
	five := int64(5)
	for _, tt := range []struct {
		name   string
		change func(p, old *pod.Pod)
	}{
		{"nothing", func(p, old *pod.Pod) {}},
		{"defaults where nothing was stated", func(p, old *pod.Pod) { p.Default() }},
		{"nothing stated where defaults were", func(p, old *pod.Pod) { old.Default() }},
		{"labels and annotations", func(p, old *pod.Pod) { p.Labels, p.Annotations = labels.Set{"a": "b"}, nil }},
		{"images", func(p, old *pod.Pod) { p.Spec.Containers[0].Image, p.Spec.InitContainers[0].Image = "i:2", "i:2" }},
		{"an image and with it the pull policy", func(p, old *pod.Pod) { p.Spec.Containers[1].Image = "other:1"; old.Default(); p.Default() }},
		{"the node, once", func(p, old *pod.Pod) { old.Spec.NodeName = "" }},
		{"a deadline", func(p, old *pod.Pod) { old.Spec.ActiveDeadlineSeconds = nil }},
		{"a lower deadline", func(p, old *pod.Pod) { old.Spec.ActiveDeadlineSeconds = &five }},
		{"another toleration, another order", func(p, old *pod.Pod) {
			ts := p.Spec.Tolerations
			p.Spec.Tolerations = []pod.Toleration{ts[2], ts[0], {Key: "new", Operator: pod.TolerationExists}, ts[1]}
		}},
		{"amounts written differently", func(p, old *pod.Pod) { p.Spec.Containers[0].Resources.Limits[pod.CPU] = pod.MustParseQuantity("1000m") }},
		{"a divisor written differently", func(p, old *pod.Pod) {
			p.Spec.Containers[0].Env[2].ValueFrom.ResourceFieldRef.Divisor = pod.MustParseQuantity("0.001")
		}},
		{"what says nothing", func(p, old *pod.Pod) {
			p.Spec.DNSConfig, old.Spec.DNSConfig = nil, &pod.DNSConfig{}
			p.Spec.SecurityContext, old.Spec.SecurityContext = &pod.PodSecurityContext{}, nil
			p.Spec.Containers[0].SecurityContext, old.Spec.Containers[0].SecurityContext = nil, &pod.SecurityContext{Capabilities: &pod.Capabilities{}}
			p.Spec.DNSPolicy, old.Spec.DNSPolicy = pod.DNSClusterFirst, ""
		}},
		{"a new status", func(p, old *pod.Pod) { old.Status.Phase, p.Status.Phase = pod.Failed, "" }},
		{"a uid filled in by the orchestrator", func(p, old *pod.Pod) { old.UID = "u" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, old := full(), full()
			tt.change(p, old)
			kept, keptOld := p.Copy(), old.Copy()
			require.NoError(t, p.ValidateUpdate(old))
			require.Equal(t, kept, p, "untouched")
			require.Equal(t, keptOld, old, "untouched")
		})
	}
}

func TestValidateUpdateRefuses(t *testing.T) {
	five := int64(5)
	const fixed = "cannot be changed: delete the pod and create another"
	c := func(change func(c *pod.Container)) func(*pod.Pod) {
		return func(p *pod.Pod) { change(&p.Spec.Containers[0]) }
	}
	limit := pod.MustParseQuantity("1Gi")
	for _, tt := range []struct {
		name   string
		change func(*pod.Pod)
		errs   []string
	}{
		{"identity", func(p *pod.Pod) { p.Name, p.Namespace, p.UID = "x", "y", "z" }, []string{`metadata.name: "x": must stay "web"`, `metadata.namespace: "y"`, `metadata.uid: "z"`}},
		{"volumes", func(p *pod.Pod) { p.Spec.Volumes = p.Spec.Volumes[1:] }, []string{"spec.volumes: " + fixed}},
		{"size of a volume", func(p *pod.Pod) { p.Spec.Volumes[1].EmptyDir.SizeLimit = &limit }, []string{"spec.volumes: " + fixed}},
		{"no size of a volume", func(p *pod.Pod) { p.Spec.Volumes[1].EmptyDir.SizeLimit = nil }, []string{"spec.volumes: " + fixed}},
		{"medium of a volume", func(p *pod.Pod) { p.Spec.Volumes[1].EmptyDir.Medium = "" }, []string{"spec.volumes: " + fixed}},
		{"path of a volume", func(p *pod.Pod) { p.Spec.Volumes[2].HostPath.Path = "/" }, []string{"spec.volumes: " + fixed}},
		{"source of a volume", func(p *pod.Pod) { p.Spec.Volumes[2].HostPath = nil }, []string{"spec.volumes: " + fixed}},
		{"content of a volume", func(p *pod.Pod) {
			p.Spec.Volumes[3].GitRepo.Revision = "v2"
		}, []string{"spec.volumes: " + fixed}},
		{"files of a volume", func(p *pod.Pod) { p.Spec.Volumes[5].Secret.Items[0].Mode = nil }, []string{"spec.volumes: " + fixed}},
		{"options of a volume", func(p *pod.Pod) { p.Spec.Volumes[9].FlexVolume.Options["a"] = "c" }, []string{"spec.volumes: " + fixed}},
		{"one container less", func(p *pod.Pod) { p.Spec.Containers = p.Spec.Containers[:1] }, []string{"spec.containers: must stay 2 in number, not 1"}},
		{"one init container less", func(p *pod.Pod) { p.Spec.InitContainers = nil }, []string{"spec.initContainers: must stay 1 in number, not 0"}},
		{"another container", c(func(c *pod.Container) { c.Name, c.Args = "x", nil }), []string{`spec.containers[0].name: "x": ` + fixed}},
		{"pull policy", c(func(c *pod.Container) { c.ImagePullPolicy = pod.PullAlways }), []string{`spec.containers[0].imagePullPolicy: "Always": ` + fixed}},
		{"command", c(func(c *pod.Container) { c.Command[0] = "x" }), []string{"spec.containers[0].command: " + fixed}},
		{"args", c(func(c *pod.Container) { c.Args = nil }), []string{"spec.containers[0].args: " + fixed}},
		{"workingDir", c(func(c *pod.Container) { c.WorkingDir = "" }), []string{"spec.containers[0].workingDir: " + fixed}},
		{"ports", c(func(c *pod.Container) { c.Ports[1].HostPort = 1 }), []string{"spec.containers[0].ports: " + fixed}},
		{"env value", c(func(c *pod.Container) { c.Env[0].Value = "2" }), []string{"spec.containers[0].env: " + fixed}},
		{"env field", c(func(c *pod.Container) { c.Env[1].ValueFrom.FieldRef.FieldPath = "metadata.name" }), []string{"spec.containers[0].env: " + fixed}},
		{"env source", c(func(c *pod.Container) { c.Env[1].ValueFrom = nil }), []string{"spec.containers[0].env: " + fixed}},
		{"limits", c(func(c *pod.Container) { c.Resources.Limits[pod.CPU] = pod.MustParseQuantity("1001m") }), []string{"spec.containers[0].resources: " + fixed}},
		{"requests", c(func(c *pod.Container) { c.Resources.Requests[pod.Memory] = pod.MustParseQuantity("1") }), []string{"spec.containers[0].resources: " + fixed}},
		{"mounts", c(func(c *pod.Container) { c.VolumeMounts[0].ReadOnly = true }), []string{"spec.containers[0].volumeMounts: " + fixed}},
		{"probe taken away", c(func(c *pod.Container) { c.LivenessProbe = nil }), []string{"spec.containers[0].livenessProbe: " + fixed}},
		{"probe command", c(func(c *pod.Container) { c.LivenessProbe.Exec.Command[0] = "false" }), []string{"spec.containers[0].livenessProbe: " + fixed}},
		{"probe grace", c(func(c *pod.Container) { c.LivenessProbe.TerminationGracePeriodSeconds = &five }), []string{"spec.containers[0].livenessProbe: " + fixed}},
		{"probe header", c(func(c *pod.Container) { c.ReadinessProbe.HTTPGet.Headers[0].Value = "x" }), []string{"spec.containers[0].readinessProbe: " + fixed}},
		{"probe path", c(func(c *pod.Container) { c.ReadinessProbe.HTTPGet.Path = "/x" }), []string{"spec.containers[0].readinessProbe: " + fixed}},
		{"probe port", c(func(c *pod.Container) { c.StartupProbe.TCPSocket.Port = pod.FromInt(81) }), []string{"spec.containers[0].startupProbe: " + fixed}},
		{"probe action", c(func(c *pod.Container) { c.StartupProbe.TCPSocket, c.StartupProbe.Exec = nil, &pod.ExecAction{} }), []string{"spec.containers[0].startupProbe: " + fixed}},
		{"env resource", c(func(c *pod.Container) { c.Env[2].ValueFrom.ResourceFieldRef.Divisor = pod.MustParseQuantity("1") }), []string{"spec.containers[0].env: " + fixed}},
		{"no env resource", c(func(c *pod.Container) { c.Env[2].ValueFrom.ResourceFieldRef = nil }), []string{"spec.containers[0].env: " + fixed}},
		{"hooks taken away", c(func(c *pod.Container) { c.Lifecycle = nil }), []string{"spec.containers[0].lifecycle: " + fixed}},
		{"a hook taken away", c(func(c *pod.Container) { c.Lifecycle.PreStop = nil }), []string{"spec.containers[0].lifecycle: " + fixed}},
		{"hook command", c(func(c *pod.Container) { c.Lifecycle.PostStart.Exec.Command[0] = "false" }), []string{"spec.containers[0].lifecycle: " + fixed}},
		{"hook path", c(func(c *pod.Container) { c.Lifecycle.PreStop.HTTPGet.Path = "/x" }), []string{"spec.containers[0].lifecycle: " + fixed}},
		{"hook sleep", func(p *pod.Pod) { p.Spec.Containers[1].Lifecycle.PostStart.Sleep.Seconds++ }, []string{"spec.containers[1].lifecycle: " + fixed}},
		{"hook port", func(p *pod.Pod) { p.Spec.Containers[1].Lifecycle.PreStop.TCPSocket.Port = pod.FromInt(1) }, []string{"spec.containers[1].lifecycle: " + fixed}},
		{"message and input", c(func(c *pod.Container) {
			c.TerminationMessagePath, c.TerminationMessagePolicy, c.Stdin, c.StdinOnce, c.TTY = "/x", pod.MessageFromFile, false, false, false
		}), []string{
			`spec.containers[0].terminationMessagePath: "/x": ` + fixed, `spec.containers[0].terminationMessagePolicy: "File": ` + fixed,
			`spec.containers[0].stdin: "false": ` + fixed, `spec.containers[0].stdinOnce: "false": ` + fixed, `spec.containers[0].tty: "false": ` + fixed,
		}},
		{"spec", func(p *pod.Pod) {
			p.Spec.RestartPolicy, p.Spec.TerminationGracePeriodSeconds, p.Spec.NodeSelector, p.Spec.NodeName, p.Spec.Hostname = pod.RestartNever, &five, nil, "", "x"
		}, []string{
			`spec.restartPolicy: "Never": ` + fixed, `spec.terminationGracePeriodSeconds: "5": ` + fixed, "spec.nodeSelector: " + fixed,
			`spec.nodeName: must stay "node-1": a pod is never moved`, `spec.hostname: "x": ` + fixed,
		}},
		{"dns and the node's namespaces", func(p *pod.Pod) {
			p.Spec.DNSPolicy, p.Spec.DNSConfig.Options[0].Value, p.Spec.HostNetwork, p.Spec.HostPID, p.Spec.HostIPC = "", nil, true, false, true
		}, []string{
			"spec.containers[1].ports: " + fixed, `spec.dnsPolicy: "ClusterFirst": ` + fixed, "spec.dnsConfig: " + fixed, `spec.hostNetwork: "true": ` + fixed,
			`spec.hostPID: "false": ` + fixed, `spec.hostIPC: "true": ` + fixed,
		}},
		{"no dns", func(p *pod.Pod) { p.Spec.DNSConfig = nil }, []string{"spec.dnsConfig: " + fixed}},
		{"groups", func(p *pod.Pod) { p.Spec.SecurityContext.SupplementalGroups = nil }, []string{"spec.securityContext: " + fixed}},
		{"rights", c(func(c *pod.Container) { c.SecurityContext.Capabilities.Drop = nil }), []string{"spec.containers[0].securityContext: " + fixed}},
		{"no rights", c(func(c *pod.Container) { c.SecurityContext = nil }), []string{"spec.containers[0].securityContext: " + fixed}},
		{"services", func(p *pod.Pod) { p.Spec.Subdomain, p.Spec.EnableServiceLinks = "db", new(bool) }, []string{
			`spec.subdomain: "db": ` + fixed, "spec.enableServiceLinks: " + fixed,
		}},
		{"scheduling", func(p *pod.Pod) {
			p.Spec.Affinity.NodeAffinity.Required.Terms[0].Expressions[0].Values[0], p.Spec.TopologySpreadConstraints[0].MaxSkew, p.Spec.Priority, p.Spec.PreemptionPolicy = "5", 2, nil, ""
		}, []string{
			"spec.affinity: " + fixed, "spec.topologySpreadConstraints: " + fixed, `spec.priority: "0": ` + fixed, `spec.preemptionPolicy: "true": ` + fixed,
		}},
		{"a higher deadline", func(p *pod.Pod) { p.Spec.ActiveDeadlineSeconds = &five }, []string{`spec.activeDeadlineSeconds: "5": must not exceed what it was, 1`}},
		{"no deadline", func(p *pod.Pod) { p.Spec.ActiveDeadlineSeconds = nil }, []string{"spec.activeDeadlineSeconds: must not be taken away"}},
		{"tolerations", func(p *pod.Pod) { p.Spec.Tolerations[1].TolerationSeconds = &five }, []string{`spec.tolerations: "a.b/c": must stay as it is: others may be added to it`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, old := full(), full()
			tt.change(p)
			requireFieldErrors(t, p.ValidateUpdate(old), tt.errs)
		})
	}
}

func TestStatusValidateUpdate(t *testing.T) {
	for _, tt := range []struct {
		from, to pod.Phase
		legal    bool
	}{
		{"", pod.Pending, true}, {pod.Pending, pod.Running, true}, {pod.Running, pod.Pending, true}, {pod.Running, pod.Failed, true},
		{pod.Failed, pod.Failed, true}, {pod.Failed, pod.Running, false}, {pod.Succeeded, pod.Failed, false}, {pod.Succeeded, "", false},
	} {
		err := (&pod.Status{Phase: tt.to}).ValidateUpdate(&pod.Status{Phase: tt.from})
		if tt.legal {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "must stay "+string(tt.from)+", which is final")
	}
}

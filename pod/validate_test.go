package pod_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// full is a valid pod that uses everything that can be asked for.
func full() *pod.Pod {
	var p pod.Pod
	err := json.Unmarshal([]byte(`{
		"metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"coracle.dev/restart-backoff-base": "1s"}},
		"spec": {
			"volumes": [{"name": "data"}, {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}, {"name": "host", "hostPath": {"path": "/var/log", "type": "Directory"}},
				{"name": "src", "gitRepo": {"repository": "https://user@example.com:8443/a/b.git", "revision": "v1.2", "directory": "."}},
				{"name": "dl", "download": {"url": "http://[::1]:80/a/b.tar.gz?x=/", "unpack": "tar.gz", "path": "x/y", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"}},
				{"name": "keys", "secret": {"secretName": "s", "items": [{"key": "k", "path": "a/b", "mode": 256}], "defaultMode": 420, "optional": true}},
				{"name": "conf", "configMap": {"name": "m"}}, {"name": "pd", "gcePersistentDisk": {"pdName": "d", "fsType": "ext4", "partition": 1, "readOnly": true}},
				{"name": "ebs", "awsElasticBlockStore": {"volumeID": "vol-1"}}, {"name": "flex", "flexVolume": {"driver": "example.com/nfs", "options": {"a": "b"}}}],
			"initContainers": [{"name": "init", "image": "i", "ports": [{"containerPort": 80, "hostPort": 8080}]}],
			"containers": [
				{"name": "server", "image": "i:1", "imagePullPolicy": "Never", "command": ["a"], "args": ["b"], "workingDir": "/",
					"ports": [{"name": "http", "containerPort": 80, "hostPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP", "hostPort": 8080, "hostIP": "10.0.0.1"}],
					"env": [{"name": "A", "value": "1"}, {"name": "odd.name-1 x", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['app']"}}},
						{"name": "CPU", "valueFrom": {"resourceFieldRef": {"containerName": "server", "resource": "limits.cpu", "divisor": "1m"}}}],
					"resources": {"limits": {"cpu": "1", "memory": "1Gi", "hugepages-2Mi": "4Mi", "example.com/gpu": "500m"}, "requests": {"cpu": "1", "ephemeral-storage": "1Gi"}},
					"volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": "a/..b"}, {"name": "data", "mountPath": "/data2", "readOnly": true}],
					"livenessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 1, "timeoutSeconds": 1, "periodSeconds": 1, "successThreshold": 1, "failureThreshold": 1, "terminationGracePeriodSeconds": 1},
					"readinessProbe": {"httpGet": {"port": "http", "scheme": "HTTPS", "httpHeaders": [{"name": "X-A", "value": "b"}]}, "successThreshold": 3},
					"startupProbe": {"tcpSocket": {"port": 80}},
					"lifecycle": {"postStart": {"exec": {"command": ["true"]}}, "preStop": {"httpGet": {"port": "http", "path": "/quit"}}},
					"terminationMessagePath": "/tmp/last words", "terminationMessagePolicy": "FallbackToLogsOnError", "stdin": true, "stdinOnce": true, "tty": true,
					"securityContext": {"runAsUser": 1000, "privileged": true, "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}}},
				{"name": "other", "image": "i", "ports": [{"name": "http", "containerPort": 80}], "env": [{"name": "A"}], "volumeMounts": [{"name": "tmp", "mountPath": "/data"}], "lifecycle": {"preStop": {"tcpSocket": {"port": 80}}, "postStart": {"sleep": {"seconds": 3}}}}],
			"restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 0, "activeDeadlineSeconds": 1, "nodeSelector": {"disk": "ssd"}, "nodeName": "node-1", "hostname": "web",
			"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.10", "fd00::10"], "searches": ["svc.example.", "example.com", "."], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]},
			"hostPID": true, "securityContext": {"runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": false, "supplementalGroups": [0, 2147483647]},
			"tolerations": [{"operator": "Exists"}, {"key": "a.b/c", "value": "d", "effect": "NoExecute", "tolerationSeconds": -1}, {"key": "e", "operator": "Equal"}],
			"affinity": {
				"nodeAffinity": {
					"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["4"]}], "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}]},
					"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}]},
				"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "zone"}}]},
				"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, "namespaces": ["default"], "topologyKey": "kubernetes.io/hostname"}]}},
			"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}],
			"priority": -5, "preemptionPolicy": "Never"
		},
		"status": {"phase": "Running"}}`), &p)
	if err != nil {
		panic(err)
	}
	return &p
}

func TestValidateTakes(t *testing.T) {
	p := full()
	require.NoError(t, p.Validate())
	p.Default()
	require.NoError(t, p.Validate())
	require.NoError(t, webPod().Validate())
}

func TestValidateRefuses(t *testing.T) {
	negative := int64(-1)
	type container = pod.Container
	c := func(change func(*container)) func(*pod.Pod) {
		return func(p *pod.Pod) { change(&p.Spec.Containers[0]) }
	}
	for _, tt := range []struct {
		name   string
		change func(*pod.Pod)
		errs   []string
	}{
		{"name", func(p *pod.Pod) { p.Name = "" }, []string{"metadata.name: must be given, or generateName in its place"}},
		{"label", func(p *pod.Pod) { p.Labels["app"] = "-" }, []string{`metadata.labels[app]: "-": must begin with`}},
		{"tuning", func(p *pod.Pod) { p.Annotations[pod.BackOffCapAnnotation] = "x" }, []string{`metadata.annotations[coracle.dev/restart-backoff-cap]: "x": must be a duration`}},
		{"dns", func(p *pod.Pod) {
			p.Spec.DNSPolicy = "Any"
			p.Spec.DNSConfig = &pod.DNSConfig{
				Nameservers: []string{"1.1.1.1", "ns.example", "", "::1"}, Searches: append(make([]string, 32), "a b"),
				Options: []pod.DNSOption{{}},
			}
			for i := range 32 {
				p.Spec.DNSConfig.Searches[i] = "a.b"
			}
		}, []string{
			`spec.dnsPolicy: "Any": must be ClusterFirst, ClusterFirstWithHostNet, Default or None`,
			`spec.dnsConfig.nameservers: "4": must be at most 3`,
			`spec.dnsConfig.nameservers[1]: "ns.example": must be an IP address`, `spec.dnsConfig.nameservers[2]: must be an IP address`,
			`spec.dnsConfig.searches: "33": must be at most 32`, `spec.dnsConfig.searches[32]: "a b": must`, "spec.dnsConfig.options[0].name: must be given",
		}},
		{"no name server at all", func(p *pod.Pod) { p.Spec.DNSConfig = nil }, []string{"spec.dnsConfig.nameservers: must have at least one where dnsPolicy is None"}},
		{"the node's ports", func(p *pod.Pod) { p.Spec.HostNetwork = true }, []string{
			`spec.containers[0].ports[0].hostPort: "8080": must be the containerPort where hostNetwork is true`,
			`spec.containers[0].ports[1].hostPort: "8080": must be the containerPort where hostNetwork is true`,
		}},
		{"users of the pod", func(p *pod.Pod) {
			p.Spec.SecurityContext = &pod.PodSecurityContext{RunAsUser: &negative, RunAsGroup: &negative, SupplementalGroups: []int64{0, 1 << 31}}
		}, []string{
			`spec.securityContext.runAsUser: "-1": must be at least 0`, `spec.securityContext.runAsGroup: "-1": must be at least 0`,
			`spec.securityContext.supplementalGroups[1]: "2147483648": must be 0 to 2147483647`,
		}},
		{"rights", c(func(c *container) {
			c.SecurityContext.RunAsUser, c.SecurityContext.RunAsGroup, c.SecurityContext.AllowPrivilegeEscalation = &negative, &negative, new(bool)
			c.SecurityContext.Capabilities = &pod.Capabilities{Add: []string{"net_admin", "KILL"}, Drop: []string{""}}
		}), []string{
			`spec.containers[0].securityContext.runAsUser: "-1": must be at least 0`, `spec.containers[0].securityContext.runAsGroup: "-1": must be at least 0`,
			`spec.containers[0].securityContext.capabilities.add[0]: "net_admin": must be the name of a capability in capitals`,
			`spec.containers[0].securityContext.capabilities.drop[0]: must be the name`,
			`spec.containers[0].securityContext.allowPrivilegeEscalation: "false": must not be false where privileged is true`,
		}},
		{"phase", func(p *pod.Pod) { p.Status.Phase = "Gone" }, []string{`status.phase: "Gone": must be Pending, Running, Succeeded or Failed`}},

		{"volume names", func(p *pod.Pod) {
			p.Spec.Volumes[1].Name = "data"
			p.Spec.Volumes[2].Name = ""
			p.Spec.Containers[1].VolumeMounts = nil
		},
			[]string{`spec.volumes[1].name: "data": must be unique: spec.volumes[0].name has it`, `spec.volumes[2].name: must not be empty`}},
		{"content of volumes", func(p *pod.Pod) {
			mode := 01000
			p.Spec.Volumes = append(p.Spec.Volumes[:3],
				pod.Volume{Name: "a", GitRepo: &pod.GitRepo{Repository: "ext::sh", Revision: "-x", Directory: "../up"}},
				pod.Volume{Name: "b", GitRepo: &pod.GitRepo{Repository: "ssh://git@-oProxy/x", Directory: "."}},
				pod.Volume{Name: "c", Download: &pod.Download{URL: "file:///etc/passwd", SHA256: "abc", Unpack: "rar", Path: "/abs"}},
				pod.Volume{Name: "d", Download: &pod.Download{URL: "https://example.com/"}},
				pod.Volume{Name: "e", Secret: &pod.SecretVolume{DefaultMode: &mode, Items: []pod.KeyToPath{{}, {Key: "k", Path: "a"}, {Key: "k", Path: "./a"}}}},
				pod.Volume{Name: "f", ConfigMap: &pod.ConfigMapVolume{}},
				pod.Volume{Name: "g", GCEPersistentDisk: &pod.GCEPersistentDisk{Partition: -1}},
				pod.Volume{Name: "h", AWSElasticBlockStore: &pod.AWSElasticBlockStore{}},
				pod.Volume{Name: "i", FlexVolume: &pod.FlexVolume{}},
			)
		}, []string{
			`spec.volumes[3].gitRepo.repository: "ext::sh": must be a URL with http, https, ssh or git`,
			`spec.volumes[3].gitRepo.revision: "-x": must be a commit, a branch or a tag`,
			`spec.volumes[3].gitRepo.directory: "../up": must not have '..' in it`,
			`spec.volumes[4].gitRepo.repository: "ssh://git@-oProxy/x": must be a URL`,
			`spec.volumes[5].download.url: "file:///etc/passwd": must be a URL with http or https`,
			`spec.volumes[5].download.sha256: "abc": must have 64 hexadecimal digits`,
			`spec.volumes[5].download.unpack: "rar": must be tar.gz, tar or zip`,
			`spec.volumes[5].download.path: "/abs": must be a relative path`,
			`spec.volumes[6].download.path: must be given where the URL names no file`,
			`spec.volumes[7].secret.secretName: must be given`,
			`spec.volumes[7].secret.defaultMode: "512": must be 0 to 511`,
			`spec.volumes[7].secret.items[0].key: must be given`,
			`spec.volumes[7].secret.items[0].path: must be given`,
			`spec.volumes[7].secret.items[2].path: "a": must be unique: spec.volumes[7].secret.items[1].path has it`,
			`spec.volumes[8].configMap.name: must be given`,
			`spec.volumes[9].gcePersistentDisk.pdName: must be given`,
			`spec.volumes[9].gcePersistentDisk.partition: "-1": must be 0 to 255`,
			`spec.volumes[10].awsElasticBlockStore.volumeID: must be given`,
			`spec.volumes[11].flexVolume.driver: must be given`,
		}},
		{"volume sources", func(p *pod.Pod) {
			p.Spec.Volumes[0].EmptyDir, p.Spec.Volumes[0].HostPath = &pod.EmptyDir{}, &pod.HostPath{Path: "/"}
			limit := pod.MustParseQuantity("-1")
			p.Spec.Volumes[1].EmptyDir = &pod.EmptyDir{Medium: "Disk", SizeLimit: &limit}
			p.Spec.Volumes[2].HostPath = &pod.HostPath{Path: "/a/../b", Type: "Pipe"}
		}, []string{
			`spec.volumes[0]: "data": must have one source, not both emptyDir and hostPath`,
			`spec.volumes[1].emptyDir.medium: "Disk": must be Memory or empty`,
			`spec.volumes[1].emptyDir.sizeLimit: "-1": must not be negative`,
			`spec.volumes[2].hostPath.path: "/a/../b": must not have '..' in it`,
			`spec.volumes[2].hostPath.type: "Pipe": must be DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice or BlockDevice`,
		}},
		{"host path", func(p *pod.Pod) {
			p.Spec.Volumes[2].HostPath.Path = "log"
			p.Spec.Volumes[1] = pod.Volume{Name: "tmp", HostPath: &pod.HostPath{}}
		},
			[]string{`spec.volumes[1].hostPath.path: must be an absolute path`, `spec.volumes[2].hostPath.path: "log": must be an absolute path`}},

		{"no containers", func(p *pod.Pod) { p.Spec.Containers = nil }, []string{"spec.containers: must have at least one container"}},
		{"container names", func(p *pod.Pod) { p.Spec.Containers[0].Name = "Server"; p.Spec.Containers[1].Name = "init" },
			[]string{`spec.containers[0].name: "Server": must be made of`, `spec.containers[1].name: "init": must be unique: spec.initContainers[0].name has it`}},
		{"no container name", c(func(c *container) { c.Name = "" }), []string{"spec.containers[0].name: must not be empty"}},
		{"init probes", func(p *pod.Pod) {
			p.Spec.InitContainers[0].LivenessProbe, p.Spec.InitContainers[0].ReadinessProbe, p.Spec.InitContainers[0].StartupProbe = &pod.Probe{}, &pod.Probe{}, &pod.Probe{}
		}, []string{
			"spec.initContainers[0].livenessProbe: must not be given: an init container has no probes",
			"spec.initContainers[0].readinessProbe: must not be given: an init container has no probes",
			"spec.initContainers[0].startupProbe: must not be given: an init container has no probes",
		}},
		{"image", func(p *pod.Pod) { p.Spec.Containers[0].Image = ""; p.Spec.Containers[1].Image = " i" },
			[]string{"spec.containers[0].image: must be given", `spec.containers[1].image: " i": must not begin or end with a space`}},
		{"pull policy", c(func(c *container) { c.ImagePullPolicy = "Sometimes" }), []string{`spec.containers[0].imagePullPolicy: "Sometimes": must be Always, IfNotPresent or Never`}},

		{"ports", c(func(c *container) {
			c.Ports = []pod.ContainerPort{{}, {Name: "web", ContainerPort: 70000}, {Name: "web", ContainerPort: -1, HostPort: 65536, HostIP: "host", Protocol: "SCTP"}}
		}), []string{
			"spec.containers[0].ports[0].containerPort: must be given: 1 to 65535",
			`spec.containers[0].ports[1].containerPort: "70000": must be 1 to 65535`,
			`spec.containers[0].ports[2].name: "web": must be unique: spec.containers[0].ports[1].name has it`,
			`spec.containers[0].ports[2].containerPort: "-1": must be 1 to 65535`,
			`spec.containers[0].ports[2].hostPort: "65536": must be 1 to 65535`,
			`spec.containers[0].ports[2].hostIP: "host": must be an IP address`,
			`spec.containers[0].ports[2].protocol: "SCTP": must be TCP or UDP`,
		}},
		{"port names", c(func(c *container) {
			c.Ports = []pod.ContainerPort{{Name: "Web", ContainerPort: 1}, {Name: "80", ContainerPort: 1}, {Name: "a--b", ContainerPort: 1}, {Name: "-a", ContainerPort: 1}, {Name: "sixteencharacter", ContainerPort: 1}}
		}), []string{
			`ports[0].name: "Web": must be made of lower-case letters, digits and '-'`, `ports[1].name: "80": must have at least one letter`,
			`ports[2].name: "a--b": must have each '-' between`, `ports[3].name: "-a": must have each '-' between`, `ports[4].name: "sixteencharacter": must have at most 15 characters, not 16`,
		}},
		{"host ports", func(p *pod.Pod) {
			p.Spec.InitContainers = nil
			p.Spec.Containers[1].Ports = []pod.ContainerPort{
				{ContainerPort: 1, HostPort: 8080}, {ContainerPort: 1, HostPort: 8080, Protocol: pod.UDP}, {ContainerPort: 1, HostPort: 8080, Protocol: pod.UDP, HostIP: "10.0.0.1"},
				{ContainerPort: 1, HostPort: 8080, Protocol: pod.UDP, HostIP: "10.0.0.2"}, {ContainerPort: 1, HostPort: 8081}, {ContainerPort: 1, HostPort: 8081, HostIP: "10.0.0.2"}, {ContainerPort: 1, HostPort: 8081},
			}
		}, []string{
			`spec.containers[1].ports[0].hostPort: "8080": must be unique: spec.containers[0].ports[0].hostPort has it`,
			`spec.containers[1].ports[1].hostPort: "8080": must be unique: spec.containers[0].ports[1].hostPort has it`,
			`spec.containers[1].ports[2].hostPort: "8080": must be unique: spec.containers[0].ports[1].hostPort has it`,
			`spec.containers[1].ports[5].hostPort: "8081": must be unique: spec.containers[1].ports[4].hostPort has it`,
			`spec.containers[1].ports[6].hostPort: "8081": must be unique: spec.containers[1].ports[4].hostPort has it`,
		}},
		{"env", c(func(c *container) {
			c.Env = []pod.EnvVar{{}, {Name: "A=B"}, {Name: "A"}, {Name: "A", Value: "x\x00"}, {Name: "é"},
				{Name: "B", Value: "x", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "metadata.name"}}}, {Name: "C", ValueFrom: &pod.EnvSource{}},
				{Name: "D", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{APIVersion: "v2", FieldPath: "spec"}}}, {Name: "E", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "metadata.labels['-']"}}}}
		}), []string{
			"spec.containers[0].env[0].name: must be given", `env[1].name: "A=B": must be made of printable ASCII characters other than '='`,
			`env[3].name: "A": must be unique: spec.containers[0].env[2].name has it`, `env[3].value: "x\x00": must not have a zero byte`, `env[4].name: "é": must be made of`,
			"env[5].valueFrom: must not be given beside a value", "env[6].valueFrom: must have one of fieldRef and resourceFieldRef", `env[7].valueFrom.fieldRef.apiVersion: "v2": must be v1`,
			`env[7].valueFrom.fieldRef.fieldPath: "spec": must be metadata.name, metadata.namespace,`, `env[8].valueFrom.fieldRef.fieldPath: "metadata.labels['-']": must begin with`,
		}},
		{"resources", c(func(c *container) {
			c.Resources = pod.Requirements{Limits: amounts("cpu", "-1", "pods", "1", "gpu", "1", "a.b/", "1", "hugepages-x", "1"), Requests: amounts("cpu", "1", "memory", "-1n")}
		}), []string{
			`resources.limits[a.b/]: "a.b/": must have a name`, `resources.limits[cpu]: "-1": must not be negative`,
			`resources.limits[gpu]: "gpu": must be cpu, memory, ephemeral-storage or hugepages-<size>, or have a prefix such as example.com/`,
			`resources.limits[hugepages-x]: "hugepages-x": must be hugepages- and a size such as 2Mi`, `resources.limits[pods]: "pods": must not be given: it is a resource of nodes`,
			`resources.requests[memory]: "-1n": must not be negative`, `spec.containers[0].resources.requests[cpu]: "1": must not exceed the limit, which is -1`,
		}},
		{"shares of devices", func(p *pod.Pod) {
			p.Spec.Containers[0].Resources = pod.Requirements{Requests: amounts("a.b/gpu", "1500m", "a.b/tpu", "600m", "a.b/x", "999999999n"), Limits: amounts("a.b/gpu", "2", "a.b/tpu", "600m", "a.b/y", "2.5", "a.b/z", "3")}
			p.Spec.Containers[1].Resources = pod.Requirements{Limits: amounts("a.b/tpu", "500m", "a.b/x", "1n")}
		}, []string{
			`spec.containers[0].resources.limits[a.b/y]: "2500m": must be a whole number, or less than 1 for a share of one device`,
			`spec.containers[0].resources.requests[a.b/gpu]: "1500m": must be a whole number, or less than 1 for a share of one device`,
			`spec.containers[1].resources.limits[a.b/tpu]: "500m": must come to at most 1 with the shares of the containers before it, which are on the same device`,
		}},
		{"mounts", c(func(c *container) {
			c.VolumeMounts = []pod.VolumeMount{{}, {Name: "none", MountPath: "data"}, {Name: "data", MountPath: "/a"}, {Name: "tmp", MountPath: "/b/../a/"}, {Name: "data", MountPath: "/c:/d", SubPath: "/x"}, {Name: "data", MountPath: "/e", SubPath: "a/../.."}}
		}), []string{
			"spec.containers[0].volumeMounts[0].name: must be given", "volumeMounts[0].mountPath: must be an absolute path", `volumeMounts[1].name: "none": must be the name of a volume of the pod`,
			`volumeMounts[1].mountPath: "data": must be an absolute path`, `volumeMounts[3].mountPath: "/a": must be unique: spec.containers[0].volumeMounts[2].mountPath has it`,
			`volumeMounts[4].mountPath: "/c:/d": must not have ':' in it`, `volumeMounts[4].subPath: "/x": must be a relative path`, `volumeMounts[5].subPath: "a/../..": must not have '..' in it`,
		}},
		{"probe actions", c(func(c *container) {
			c.LivenessProbe = &pod.Probe{}
			c.ReadinessProbe = &pod.Probe{Exec: &pod.ExecAction{}, TCPSocket: &pod.TCPSocket{Port: pod.FromInt(80)}}
			c.StartupProbe = &pod.Probe{HTTPGet: &pod.HTTPGet{Scheme: "FTP", Port: pod.FromString("80"), Headers: []pod.HTTPHeader{{}, {Name: "A B"}, {Name: "A", Value: "x\ny"}}}}
		}), []string{
			"spec.containers[0].livenessProbe: must have one of exec, httpGet and tcpSocket", "spec.containers[0].readinessProbe.exec.command: must be given",
			"spec.containers[0].readinessProbe: must have one of", `startupProbe.httpGet.port: "80": must have at least one letter`, `startupProbe.httpGet.scheme: "FTP": must be HTTP or HTTPS`,
			"startupProbe.httpGet.httpHeaders[0].name: must be the name of an HTTP header", `startupProbe.httpGet.httpHeaders[1].name: "A B": must be`, `startupProbe.httpGet.httpHeaders[2].value: "x\ny": must be one line of text`,
		}},
		{"probe figures", c(func(c *container) {
			c.LivenessProbe = &pod.Probe{TCPSocket: &pod.TCPSocket{}, InitialDelaySeconds: -1, TimeoutSeconds: -1, PeriodSeconds: -1, SuccessThreshold: 2, FailureThreshold: -1, TerminationGracePeriodSeconds: new(int64)}
			c.ReadinessProbe = &pod.Probe{TCPSocket: &pod.TCPSocket{Port: pod.FromInt(65536)}, SuccessThreshold: -1, PeriodSeconds: math.MaxInt32 + 1, TerminationGracePeriodSeconds: &negative}
			c.StartupProbe = &pod.Probe{Exec: &pod.ExecAction{Command: []string{"a"}}, SuccessThreshold: 2}
		}), []string{
			"livenessProbe.tcpSocket.port: must be given: 1 to 65535, or the name of a port", `livenessProbe.initialDelaySeconds: "-1": must be at least 0`, `livenessProbe.timeoutSeconds: "-1": must be at least 0`,
			`livenessProbe.periodSeconds: "-1": must be at least 0`, `livenessProbe.failureThreshold: "-1": must be at least 0`, `livenessProbe.terminationGracePeriodSeconds: "0": must be at least 1`,
			`livenessProbe.successThreshold: "2": must be 1 but for a readiness probe`, `readinessProbe.tcpSocket.port: "65536": must be 1 to 65535`, `readinessProbe.periodSeconds: "2147483648": must be 0 to 2147483647`,
			`readinessProbe.successThreshold: "-1": must be at least 0`, `readinessProbe.terminationGracePeriodSeconds: "-1": must be at least 1`, `readinessProbe.terminationGracePeriodSeconds: "-1": must not be given`,
			`startupProbe.successThreshold: "2": must be 1 but for a readiness probe`,
		}},
		{"resource fields", c(func(c *container) {
			c.Env = nil
			for _, ref := range []pod.ResourceFieldRef{{Resource: "limits.cpu", Divisor: pod.MustParseQuantity("1Mi")}, {}, {Resource: "cpu"}, {Resource: "requests.pods"}, {Resource: "limits.hugepages-x"}, {Resource: "requests.memory", Divisor: pod.MustParseQuantity("2"), ContainerName: "A"}} {
				c.Env = append(c.Env, pod.EnvVar{Name: fmt.Sprint("V", len(c.Env)), ValueFrom: &pod.EnvSource{ResourceFieldRef: &ref}})
			}
			c.Env[1].ValueFrom.FieldRef = &pod.FieldRef{FieldPath: "metadata.name"}
		}), []string{
			`env[0].valueFrom.resourceFieldRef.divisor: "1Mi": must be 1 or 1m`,
			"env[1].valueFrom: must have one of fieldRef and resourceFieldRef",
			"env[1].valueFrom.resourceFieldRef.resource: must be limits.<name> or requests.<name> with cpu, memory, ephemeral-storage or hugepages-<size>",
			`env[2].valueFrom.resourceFieldRef.resource: "cpu": must be`, `env[3].valueFrom.resourceFieldRef.resource: "requests.pods": must be`, `env[4].valueFrom.resourceFieldRef.resource: "limits.hugepages-x": must be`,
			`env[5].valueFrom.resourceFieldRef.containerName: "A": must be made of`, `env[5].valueFrom.resourceFieldRef.divisor: "2": must be 1, 1k,`,
		}},
		{"init hooks", func(p *pod.Pod) { p.Spec.InitContainers[0].Lifecycle = &pod.Lifecycle{} },
			[]string{"spec.initContainers[0].lifecycle: must not be given: an init container has no hooks"}},
		{"hooks", func(p *pod.Pod) {
			p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: &pod.Handler{}, PreStop: &pod.Handler{Exec: &pod.ExecAction{}}}
			p.Spec.Containers[1].Lifecycle = &pod.Lifecycle{PostStart: &pod.Handler{Sleep: &pod.Sleep{}, TCPSocket: &pod.TCPSocket{}}, PreStop: &pod.Handler{Sleep: &pod.Sleep{Seconds: 31}}}
			p.Spec.TerminationGracePeriodSeconds = nil
		}, []string{
			"spec.containers[0].lifecycle.postStart: must have one of exec, httpGet, tcpSocket and sleep", "spec.containers[0].lifecycle.preStop.exec.command: must be given",
			"spec.containers[1].lifecycle.postStart.tcpSocket.port: must be given", `spec.containers[1].lifecycle.postStart.sleep.seconds: "0": must be at least 1`, "spec.containers[1].lifecycle.postStart: must have one of",
			`spec.containers[1].lifecycle.preStop.sleep.seconds: "31": must not exceed the pod's terminationGracePeriodSeconds, which is 30`,
		}},
		{"message", c(func(c *container) { c.TerminationMessagePath, c.TerminationMessagePolicy = "log", "Logs" }), []string{
			`spec.containers[0].terminationMessagePath: "log": must be an absolute path`, `spec.containers[0].terminationMessagePolicy: "Logs": must be File or FallbackToLogsOnError`,
		}},
		{"spec", func(p *pod.Pod) {
			p.Spec.RestartPolicy, p.Spec.TerminationGracePeriodSeconds, p.Spec.ActiveDeadlineSeconds = "always", &negative, new(int64)
			p.Spec.NodeSelector, p.Spec.NodeName, p.Spec.Hostname, p.Spec.Subdomain = labels.Set{"a b": "c d"}, "Node", "a.b", "c.d"
		}, []string{
			`spec.restartPolicy: "always": must be Always, OnFailure or Never`, `spec.terminationGracePeriodSeconds: "-1": must be at least 0`, `spec.activeDeadlineSeconds: "0": must be at least 1`,
			`spec.nodeSelector: "a b": key must be`, `spec.nodeSelector[a b]: "c d": must be`, `spec.nodeName: "Node": must be`, `spec.hostname: "a.b": must be`,
			`spec.subdomain: "c.d": must be`,
		}},
		{"node affinity", func(p *pod.Pod) {
			n := p.Spec.Affinity.NodeAffinity
			n.Required.Terms[0].Expressions[0].Values = []string{"x"}
			n.Required.Terms[0].Fields = []pod.Expression{{Key: "name", Operator: pod.In, Values: []string{"a"}}, {Key: "metadata.name", Operator: pod.Exists}}
			n.Preferred[0].Weight, n.Preferred[0].Preference.Expressions[0].Operator = 0, "in"
		}, []string{
			"spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]: \"cores\": ",
			"nodeSelectorTerms[0].matchFields[0].key: \"name\": must be metadata.name", "matchFields[1].operator: \"Exists\": must be In or NotIn", "matchFields[1].values: \"0\": must be one name",
			"spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: \"0\": must be 1 to 100", "[0].preference.matchExpressions[0].operator: \"in\": must be In, NotIn, Exists, DoesNotExist, Gt or Lt",
		}},
		{"no term", func(p *pod.Pod) { p.Spec.Affinity.NodeAffinity.Required.Terms = nil }, []string{"nodeSelectorTerms: must have at least one term"}},
		{"pod affinity", func(p *pod.Pod) {
			term := &p.Spec.Affinity.PodAffinity.Preferred[0]
			term.Weight, term.Term.TopologyKey, term.Term.Selector.MatchLabels["app"] = 101, "", "-"
			p.Spec.Affinity.PodAntiAffinity.Required[0].Namespaces[0] = "A"
			p.Spec.Affinity.PodAntiAffinity.Required[0].Selector.MatchExpressions[0].Operator = pod.Gt
		}, []string{
			"spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: \"101\": must be 1 to 100", "[0].podAffinityTerm.labelSelector.matchLabels[app]: \"-\": must", "[0].podAffinityTerm.topologyKey: must be given",
			"spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].operator: \"Gt\": must be In, NotIn, Exists or DoesNotExist", "[0].namespaces[0]: \"A\": must",
		}},
		{"spread", func(p *pod.Pod) {
			p.Spec.TopologySpreadConstraints[0] = pod.TopologySpread{TopologyKey: "-", WhenUnsatisfiable: ""}
		}, []string{"spec.topologySpreadConstraints[0].maxSkew: \"0\": must be at least 1", "[0].topologyKey: \"-\": must", "[0].whenUnsatisfiable: must be given"}},
		{"priority", func(p *pod.Pod) { *p.Spec.Priority, p.Spec.PreemptionPolicy = 1_000_000_001, "x" }, []string{"spec.priority: \"1000000001\": must be at most 1000000000", "spec.preemptionPolicy: \"x\": must be PreemptLowerPriority or Never"}},
		{"tolerations", func(p *pod.Pod) {
			p.Spec.Tolerations = []pod.Toleration{{}, {Key: "-"}, {Key: "a", Operator: "In"}, {Operator: pod.TolerationExists, Value: "x"}, {Key: "a", Value: "-", Effect: "No"}, {Key: "a", TolerationSeconds: &negative}}
		}, []string{
			"spec.tolerations[0].operator: must be Exists where there is no key", `spec.tolerations[1].key: "-": must begin`, `spec.tolerations[2].operator: "In": must be Equal or Exists`,
			`spec.tolerations[3].value: "x": must be empty where the operator is Exists`, `spec.tolerations[4].value: "-": must`, `spec.tolerations[4].effect: "No": must be NoSchedule, PreferNoSchedule or NoExecute`,
			"spec.tolerations[5].effect: must be NoExecute where tolerationSeconds is given",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := full()
			tt.change(p)
			requireFieldErrors(t, p.Validate(), tt.errs)

			// The same errors of the specification, with the prefix of a template.
			if strings.HasPrefix(tt.errs[0], "spec.") {
				template := &pod.Template{Meta: p.Meta, Spec: p.Spec}
				for i, e := range tt.errs {
					tt.errs[i] = strings.ReplaceAll(e, "spec.", "spec.template.spec.")
				}
				requireFieldErrors(t, pod.ValidateTemplate(template, "spec.template").Err(), tt.errs)
			}
		})
	}
}

// requireFieldErrors fails unless err consists of errors that contain the wanted texts, in that order.
func requireFieldErrors(t *testing.T, err error, want []string) {
	t.Helper()
	var errs labels.FieldErrors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, len(want), err)
	for i, e := range errs {
		require.Contains(t, e.Error(), want[i])
	}
}

func TestValidateTemplate(t *testing.T) {
	p := full()
	require.Empty(t, pod.ValidateTemplate(&pod.Template{Meta: labels.Meta{Labels: p.Labels}, Spec: p.Spec}, "spec.template"), "needs no name")
	requireFieldErrors(t, pod.ValidateTemplate(nil, "spec.template").Err(), []string{"spec.template: must be given"})
	requireFieldErrors(t, pod.ValidateTemplate(&pod.Template{Meta: labels.Meta{Labels: labels.Set{"": ""}, Annotations: map[string]string{pod.BackOffBaseAnnotation: "0"}}}, "spec.template").Err(),
		[]string{"spec.template.metadata.labels: key must not be empty", `spec.template.metadata.annotations[coracle.dev/restart-backoff-base]: "0": must be a duration`, "spec.template.spec.containers: must have at least one container"})
}

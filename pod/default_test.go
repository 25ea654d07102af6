package pod_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func TestDefault(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"least", `{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}}`,
			`{"metadata":{"name":"a","namespace":"default"},"spec":{"containers":[{"name":"c","image":"i","imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30},"status":{"phase":"Pending"}}`},
		{"stated", `{"metadata":{"name":"a","namespace":"n"},"spec":{"containers":[{"name":"c","image":"i","imagePullPolicy":"Never"}],"restartPolicy":"Never","terminationGracePeriodSeconds":0},"status":{"phase":"Failed"}}`,
			`{"metadata":{"name":"a","namespace":"n"},"spec":{"containers":[{"name":"c","image":"i","imagePullPolicy":"Never","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"restartPolicy":"Never","terminationGracePeriodSeconds":0},"status":{"phase":"Failed"}}`},
		{"everything else", `{"metadata":{"name":"a"},"spec":{"volumes":[{"name":"v"},{"name":"h","hostPath":{"path":"/x"}}],"tolerations":[{"key":"k"}],
			"initContainers":[{"name":"i","image":"i:1","ports":[{"containerPort":1}]}],
			"containers":[{"name":"c","image":"i:1","ports":[{"containerPort":1},{"containerPort":2,"protocol":"UDP"}],
				"env":[{"name":"E","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
				"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"250m"}},
				"livenessProbe":{"httpGet":{"port":80}},"readinessProbe":{"tcpSocket":{"port":80},"periodSeconds":5,"failureThreshold":1},
				"lifecycle":{"postStart":{"httpGet":{"port":"web"}},"preStop":{"sleep":{"seconds":3}}}}]}}`,
			`{"metadata":{"name":"a","namespace":"default"},"spec":{"volumes":[{"name":"v","emptyDir":{}},{"name":"h","hostPath":{"path":"/x"}}],"tolerations":[{"key":"k","operator":"Equal"}],
			"restartPolicy":"Always","terminationGracePeriodSeconds":30,
			"initContainers":[{"name":"i","image":"i:1","imagePullPolicy":"IfNotPresent","ports":[{"containerPort":1,"protocol":"TCP"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
			"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent","ports":[{"containerPort":1,"protocol":"TCP"},{"containerPort":2,"protocol":"UDP"}],
				"env":[{"name":"E","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}],
				"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"250m","memory":"1Gi"}},
				"livenessProbe":{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
				"readinessProbe":{"tcpSocket":{"port":80},"timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":1},
				"lifecycle":{"postStart":{"httpGet":{"path":"/","port":"web","scheme":"HTTP"}},"preStop":{"sleep":{"seconds":3}}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}]},"status":{"phase":"Pending"}}`},
		{"the node's network", `{"metadata":{"name":"a"},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"i:1","ports":[{"containerPort":80},{"containerPort":81,"hostPort":81}]}]}}`,
			`{"metadata":{"name":"a","namespace":"default"},"spec":{"hostNetwork":true,"restartPolicy":"Always","terminationGracePeriodSeconds":30,"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent",
				"ports":[{"containerPort":80,"hostPort":80,"protocol":"TCP"},{"containerPort":81,"hostPort":81,"protocol":"TCP"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}]},"status":{"phase":"Pending"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pod.Pod
			require.NoError(t, json.Unmarshal([]byte(tt.in), &p))
			require.NoError(t, p.Validate(), "valid before")
			for range 2 { // the second time changes nothing
				p.Default()
				got, err := json.Marshal(&p)
				require.NoError(t, err)
				require.JSONEq(t, tt.want, string(got))
			}
			require.NoError(t, p.Validate(), "valid after")
		})
	}
}

func TestDefaultDoesNotShareLimits(t *testing.T) {
	s := pod.Spec{Containers: []pod.Container{{Resources: pod.Requirements{Limits: amounts("cpu", "1")}}}}
	pod.DefaultSpec(&s)
	s.Containers[0].Resources.Requests[pod.CPU] = pod.MustParseQuantity("2")
	require.Equal(t, "cpu=1", s.Containers[0].Resources.Limits.String())
}

func TestDefaultPullPolicy(t *testing.T) {
	for image, want := range map[string]pod.PullPolicy{
		"nginx": pod.PullAlways, "nginx:latest": pod.PullAlways, "nginx:1.25": pod.PullIfNotPresent, "registry:5000/nginx": pod.PullAlways,
		"registry:5000/nginx:1": pod.PullIfNotPresent, "nginx@sha256:00": pod.PullIfNotPresent, "nginx:latest@sha256:00": pod.PullIfNotPresent, "/usr/bin/true": pod.PullAlways, "nginx:": pod.PullAlways,
	} {
		s := pod.Spec{Containers: []pod.Container{{Image: image}}}
		pod.DefaultSpec(&s)
		require.Equal(t, want, s.Containers[0].ImagePullPolicy, image)
	}
}

func TestDefaultTemplate(t *testing.T) {
	template := pod.Template{Meta: labels.Meta{Labels: labels.Set{"a": "b"}}}
	template.Default()
	require.Equal(t, pod.RestartAlways, template.Spec.RestartPolicy)
	require.Empty(t, template.Namespace, "a template is in no namespace")
}

package service_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

func TestCopyIsDeep(t *testing.T) {
	requireDeepCopy(t, (*service.Service).Copy)
	requireDeepCopy(t, (*service.Endpoints).Copy)
	requireDeepCopy(t, func(s *service.Spec) *service.Spec { c := s.Copy(); return &c })
	requireDeepCopy(t, func(s *service.Status) *service.Status { c := s.Copy(); return &c })
	empty := &service.Endpoints{Subsets: []service.Subset{}}
	require.Equal(t, empty, empty.Copy())
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() { empty.Copy() }))
}

// decode reads a service or endpoints.
func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	v := new(T)
	require.NoError(t, json.Unmarshal([]byte(text), v))
	return v
}

func TestDefault(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"least", `{"metadata":{"name":"a"},"spec":{"ports":[{"port":80},{"port":53,"protocol":"UDP","targetPort":"dns"}]}}`,
			`{"metadata":{"name":"a","namespace":"default"},"spec":{"type":"ClusterIP","sessionAffinity":"None","ports":[{"port":80,"protocol":"TCP","targetPort":80},{"port":53,"protocol":"UDP","targetPort":"dns"}]}}`},
		{"affinity", `{"metadata":{"name":"a","namespace":"n"},"spec":{"type":"NodePort","sessionAffinity":"ClientIP"}}`,
			`{"metadata":{"name":"a","namespace":"n"},"spec":{"type":"NodePort","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}}}}`},
		{"affinity stated", `{"metadata":{"name":"a","namespace":"n"},"spec":{"type":"NodePort","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":1}}}}`,
			`{"metadata":{"name":"a","namespace":"n"},"spec":{"type":"NodePort","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":1}}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := decode[service.Service](t, tt.in)
			for range 2 { // the second time changes nothing
				s.Default()
				got, err := json.Marshal(s)
				require.NoError(t, err)
				require.JSONEq(t, tt.want, string(got))
			}
		})
	}
	e := decode[service.Endpoints](t, `{"metadata":{"name":"a"},"subsets":[{"ports":[{"port":80},{"port":53,"protocol":"UDP"}]}]}`)
	e.Default()
	require.Equal(t, &service.Endpoints{Meta: labels.Meta{Name: "a", Namespace: "default"},
		Subsets: []service.Subset{{Ports: []service.EndpointPort{{Port: 80, Protocol: pod.TCP}, {Port: 53, Protocol: pod.UDP}}}}}, e)
}

func TestValidateTakes(t *testing.T) {
	for _, spec := range []string{
		`{"ports":[{"port":80}]}`,
		`{"type":"ClusterIP","selector":{"app":"web"},"clusterIP":"10.0.0.1","ports":[{"name":"a","port":80,"targetPort":"http"},{"name":"b","port":80,"protocol":"UDP","targetPort":53}]}`,
		`{"clusterIP":"None","selector":{"app":"web"}}`,
		`{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080},{"name":"b","port":80,"protocol":"UDP","nodePort":30080}]}`,
		`{"type":"LoadBalancer","loadBalancerIP":"192.0.2.1","loadBalancerSourceRanges":["10.0.0.0/8","2001:db8::/32"],"externalIPs":["192.0.2.2","127.0.0.1"],"ports":[{"port":80,"nodePort":30080}]}`,
		`{"type":"ExternalName","externalName":"db.example.com."}`,
		`{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":86400}},"ports":[{"port":80}]}`,
		`{"sessionAffinity":"ClientIP","sessionAffinityConfig":{},"ports":[{"port":80}]}`,
	} {
		s := decode[service.Service](t, `{"metadata":{"name":"web"},"spec":`+spec+`,"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"},{"hostname":"a.b"}]}}}`)
		require.NoError(t, s.Validate(), spec)
		s.Default()
		require.NoError(t, s.Validate(), spec)
	}
}

func TestValidateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		errs     []string
	}{
		{"identity", `{"metadata":{"name":"a.b","labels":{"-":""}},"spec":{"ports":[{"port":80}]}}`, []string{"metadata.labels: \"-\": key must begin", `metadata.name: "a.b": must be made of`}},
		{"no name", `{"metadata":{},"spec":{"ports":[{"port":80}]}}`, []string{"metadata.name: must be given"}},
		{"a wrong name is reported once", `{"metadata":{"name":"A"},"spec":{"ports":[{"port":80}]}}`, []string{`metadata.name: "A": must be made of`}},
		{"no ports", `{"metadata":{"name":"a"},"spec":{}}`, []string{"spec.ports: must have at least one port"}},
		{"type", `{"metadata":{"name":"a"},"spec":{"type":"Portal","selector":{"a":"-"},"ports":[{"port":80}]}}`, []string{`spec.type: "Portal": must be ClusterIP, NodePort, LoadBalancer or ExternalName`, `spec.selector[a]: "-": must begin`}},
		{"ports", `{"metadata":{"name":"a"},"spec":{"ports":[{},{"name":"A","port":70000,"protocol":"SCTP","targetPort":"80"},{"name":"b","port":80,"targetPort":-1,"nodePort":1},{"name":"b","port":80,"protocol":"TCP"}]}}`, []string{
			"spec.ports[0].name: must be given where there is more than one port", "spec.ports[0].port: must be given: 1 to 65535", `spec.ports[1].name: "A": must be`, `spec.ports[1].protocol: "SCTP": must be TCP or UDP`,
			`spec.ports[1].port: "70000": must be 1 to 65535`, `spec.ports[1].targetPort: "80": must have at least one letter`, `spec.ports[2].targetPort: "-1": must be 1 to 65535`,
			`spec.ports[2].nodePort: "1": must not be given but for type NodePort or LoadBalancer`, `spec.ports[3].name: "b": must be unique: spec.ports[2].name has it`, `spec.ports[3].port: "80": must be unique for its protocol: spec.ports[2].port has it`,
		}},
		{"node ports", `{"metadata":{"name":"a"},"spec":{"type":"NodePort","clusterIP":"None","ports":[{"name":"a","port":1,"nodePort":30000},{"name":"b","port":2,"nodePort":30000},{"name":"c","port":3,"nodePort":-1}]}}`, []string{
			`spec.ports[1].nodePort: "30000": must be unique for its protocol: spec.ports[0].nodePort has it`, `spec.ports[2].nodePort: "-1": must be 1 to 65535`, `spec.clusterIP: "None": must not be None for type NodePort`,
		}},
		{"addresses", `{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}],"clusterIP":"none","externalIPs":["x","0.0.0.0","ff02::1","fe80::1%a"],"loadBalancerIP":"y","loadBalancerSourceRanges":["10.0.0.0",""]},"status":{"loadBalancer":{"ingress":[{"ip":"z"}]}}}`, []string{
			`spec.clusterIP: "none": must be an IP address, None, or empty`, `spec.externalIPs[0]: "x": must be an IP address`, `spec.externalIPs[1]: "0.0.0.0": must be one address`, `spec.externalIPs[2]: "ff02::1": must be one address`,
			`spec.externalIPs[3]: "fe80::1%a": must not have a zone`, `spec.loadBalancerIP: "y": must be an IP address`, `spec.loadBalancerSourceRanges[0]: "10.0.0.0": must be a range`, `spec.loadBalancerSourceRanges[1]: must be a range`,
			`status.loadBalancer.ingress[0].ip: "z": must be an IP address`,
		}},
		{"external name", `{"metadata":{"name":"a"},"spec":{"type":"ExternalName","clusterIP":"10.0.0.1"}}`, []string{`spec.clusterIP: "10.0.0.1": must not be given for type ExternalName`, "spec.externalName: must not be empty"}},
		{"external names", `{"metadata":{"name":"a"},"spec":{"externalName":"a_b","ports":[{"port":80}]}}`, []string{`spec.externalName: "a_b": must be`}},
		{"affinity", `{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}],"sessionAffinity":"Cookie","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":0}}}}`, []string{
			`spec.sessionAffinity: "Cookie": must be None or ClientIP`, "spec.sessionAffinityConfig: must not be given unless sessionAffinity is ClientIP", `spec.sessionAffinityConfig.clientIP.timeoutSeconds: "0": must be 1 to 86400`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requireFieldErrors(t, decode[service.Service](t, tt.in).Validate(), tt.errs)
		})
	}
}

func TestValidateEndpoints(t *testing.T) {
	e := decode[service.Endpoints](t, `{"metadata":{"name":"web.1"},"subsets":[
		{"addresses":[{"ip":"127.0.0.2","hostname":"a","nodeName":"node-1"}],"notReadyAddresses":[{"ip":"fd00::1"}],"ports":[{"port":80}]},
		{"notReadyAddresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"a","port":80},{"name":"b","port":80,"protocol":"UDP"}]}]}`)
	require.NoError(t, e.Validate())
	require.NoError(t, (&service.Endpoints{Meta: labels.Meta{Name: "none"}}).Validate())

	e = decode[service.Endpoints](t, `{"metadata":{"name":"A"},"subsets":[{},
		{"addresses":[{"ip":"web","hostname":"a.b","nodeName":"-"}],"notReadyAddresses":[{}],"ports":[{"port":80},{"name":"A","port":0,"protocol":"SCTP"},{"name":"b","port":-1},{"name":"b","port":1}]}]}`)
	requireFieldErrors(t, e.Validate(), []string{
		`metadata.name: "A": must be`, "subsets[0]: must have addresses or notReadyAddresses", `subsets[1].addresses[0].ip: "web": must be an IP address`, `subsets[1].addresses[0].hostname: "a.b": must`,
		`subsets[1].addresses[0].nodeName: "-": must`, "subsets[1].notReadyAddresses[0].ip: must be an IP address", "subsets[1].ports[0].name: must be given where there is more than one port", `subsets[1].ports[1].name: "A": must`,
		"subsets[1].ports[1].port: must be given: 1 to 65535", `subsets[1].ports[1].protocol: "SCTP": must be TCP or UDP`, `subsets[1].ports[2].port: "-1": must be 1 to 65535`, `subsets[1].ports[3].name: "b": must be unique: subsets[1].ports[2].name has it`,
	})
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

func TestValidateUpdate(t *testing.T) {
	with := func(name string, of service.Type, ip string) *service.Service {
		return &service.Service{Meta: labels.Meta{Name: name}, Spec: service.Spec{Type: of, ClusterIP: ip}}
	}
	for _, tt := range []struct {
		name     string
		old, now *service.Service
		errs     []string
	}{
		{"same", with("a", "", "10.0.0.1"), with("a", "", "10.0.0.1"), nil},
		{"given", with("a", "", ""), with("a", "", "10.0.0.1"), nil},
		{"changed", with("a", "", "10.0.0.1"), with("a", "", "10.0.0.2"), []string{`spec.clusterIP: "10.0.0.2": must stay "10.0.0.1"`}},
		{"taken away", with("a", "", "10.0.0.1"), with("a", "", ""), []string{`spec.clusterIP: must stay "10.0.0.1"`}},
		{"no longer headless", with("a", "", "None"), with("a", "", "10.0.0.1"), []string{`spec.clusterIP: "10.0.0.1": must stay "None"`}},
		{"becomes a name", with("a", "", "10.0.0.1"), with("a", service.ExternalName, ""), nil},
		{"another kind", with("a", service.ClusterIP, "10.0.0.1"), with("a", service.NodePort, "10.0.0.1"), nil},
		{"identity", with("a", "", ""), with("b", "", ""), []string{`metadata.name: "b": must stay "a"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.errs == nil {
				require.NoError(t, tt.now.ValidateUpdate(tt.old))
				return
			}
			requireFieldErrors(t, tt.now.ValidateUpdate(tt.old), tt.errs)
		})
	}
	e, old := &service.Endpoints{Meta: labels.Meta{Name: "a"}}, &service.Endpoints{Meta: labels.Meta{Name: "a"}, Subsets: []service.Subset{{}}}
	require.NoError(t, e.ValidateUpdate(old))
	e.Namespace = "other"
	requireFieldErrors(t, e.ValidateUpdate(old), []string{`metadata.namespace: "other"`})
}

func BenchmarkService(b *testing.B) {
	seconds := int64(60)
	s := &service.Service{
		Meta: labels.Meta{Name: "web", Labels: labels.Set{"app": "web"}},
		Spec: service.Spec{Selector: labels.Set{"app": "web"}, Ports: []service.Port{{Name: "http", Port: 80}, {Name: "https", Port: 443}},
			SessionAffinity: service.AffinityClientIP, SessionAffinityConfig: &service.StickyRules{ClientIP: &service.ClientIPRules{TimeoutSeconds: &seconds}}},
	}
	for _, bench := range []struct {
		name string
		run  func()
	}{
		{"Copy", func() { s.Copy() }},
		{"Validate", func() { s.Validate() }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.run()
			}
		})
	}
}

package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
)

// inPod is a pod with one field more in each place that a test names.
func inPod(meta, spec, container string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n" + meta + "spec:\n" + spec + "  containers:\n  - name: c\n    image: i\n" + container
}

func inService(spec string) string {
	return "apiVersion: v1\nkind: Service\nspec:\n" + spec
}

func TestReadErrors(t *testing.T) {
	bombs := "apiVersion: v1\na: &a [0,1,2,3,4,5,6,7,8,9]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n" +
		"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	cases := []struct{ name, text, want string }{
		// What is no manifest at all.
		{"empty", "", "empty: no document is in it"},
		{"only comments", "# later\n---\n# later\n", "empty: no document is in it"},
		{"prose", "once upon a time\n", `line 1: document 1: "once upon a time": must be an object with apiVersion and kind, not a string`},
		{"a list", "- kind: Pod\n", "line 1: document 1: must be an object with apiVersion and kind, not a list"},
		{"a binary file", "\x7fELF\x02\x01", "line 1: not text: character U+007F"},
		{"not UTF-8", "a: b\nc: \xff\n", "line 2: not UTF-8 text: byte 0xff"},
		{"UTF-16", "\xff\xfea\x00", "line 1: not UTF-8 text: byte 0xff"},
		{"an open bracket", "a: 1\nb: [1, 2\nc: 3\n", "line 2: document 1: not YAML: did not find expected ',' or ']'"},
		{"indentation", "a: 1\nb:\n  c: 1\n d: 2\n", "line 4: document 1: not YAML: did not find expected key"},
		{"two colons", "a: b: c\n", "line 1: document 1: not YAML: mapping values are not allowed in this context"},
		{"a comma missing in JSON", "{\n \"a\": 1\n \"b\": 2\n}", "line 3: document 1: not YAML: did not find expected ',' or '}'"},
		{"a template", inPod("  labels: {{ .Labels }}\n", "", ""), "line 5: document 1: metadata.labels: a key must be a string, not a mapping"},
		{"the third of several", inPod("", "", "") + "---\n---\na: b: c\n", "line 11: document 3: not YAML: mapping values are not allowed in this context"},
		{"the second JSON", "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[]}\n\n{\n\"kind\": }", "line 3: document 2: apiVersion: required\nline 3: document 2: kind: required"},
		{"brackets too deep", strings.Repeat("[", 20000), "line 1: document 1: not YAML: exceeded max depth of 10000"},

		// Anchors.
		{"a cycle", "apiVersion: v1\nmetadata: &m\n  labels:\n    x: *m\n", "line 4: document 1: metadata.labels.x: the anchor &m contains itself through the alias *m"},
		{"a cycle in a list", "a: &a [b, *a]\n", "line 1: document 1: a[1]: the anchor &a contains itself through the alias *a"},
		{"a cycle of merges", "a: &a\n  <<: *a\n", "line 2: document 1: a.<<: the anchor &a contains itself through the alias *a"},
		{"a bomb", bombs + "f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "line 6: document 1: e[7]: the aliases stand for more than 100000 values"},
		{"no anchor", "a: 1\nb: *x\n", "line 2: document 1: there is no anchor &x for the alias *x"},
		{"a merge of text", inPod("  <<: x\n", "", ""), `line 5: document 1: metadata.<<: "x": must be a mapping or a list of mappings, not a string`},

		// What it is.
		{"no version", "kind: Pod\n", "line 1: document 1: apiVersion: required"},
		{"no kind", "apiVersion: v1\n", "line 1: document 1: kind: required"},
		{"an empty kind", "apiVersion: v1\nkind: ''\n", "line 2: document 1: kind: required"},
		{"a kind that is a number", "apiVersion: v1\nkind: 1\n", `line 2: document 1: kind: "1": is a number and must be a string: put it in quotes`},
		{"another version", "apiVersion: v1beta3\nkind: Pod\n", `line 1: document 1: apiVersion: "v1beta3": not a version that is read; it must be v1 or v1beta1`},
		{"another group", "apiVersion: apps/v1\nkind: Deployment\n", `line 1: document 1: apiVersion: "apps/v1": a Deployment of this API group is not supported; apiVersion must be v1 or v1beta1`},
		{"another kind", "apiVersion: v1\nkind: Secret\n", `line 2: document 1: kind: "Secret": not a kind that is read; there are Endpoints, Namespace, Node, Pod, ReplicationController, Service, and lists of them`},
		{"another list", "apiVersion: v1\nkind: SecretList\n", `line 2: document 1: kind: "SecretList": not a kind that is read; there are Endpoints, Namespace, Node, Pod, ReplicationController, Service, and lists of them`},
		{"a kind in lower case", "apiVersion: v1\nkind: pod\n", `line 2: document 1: kind: "pod": not a kind that is read; there are Endpoints, Namespace, Node, Pod, ReplicationController, Service, and lists of them`},
		{"an item without kind", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n", "line 4: document 1: items[0].kind: required"},
		{"an item that is null", "apiVersion: v1\nkind: List\nitems:\n-\n", "line 4: document 1: items[0]: must be an object with apiVersion and kind, not empty"},
		{"items that are no list", "apiVersion: v1\nkind: List\nitems: {}\n", "line 3: document 1: items: must be a list, not a mapping"},
		{"a list without items", "apiVersion: v1\nkind: PodList\nitem: []\n", "line 1: document 1: items: required\nline 3: document 1: item: unknown field of a list"},
		{"a field in an item", "apiVersion: v1\nkind: PodList\nitems:\n- metadata:\n    nam: a\n", "line 5: document 1: items[0].metadata.nam: unknown field; did you mean name?"},
		{"the same object twice", inPod("", "", "") + "---\n" + inPod("  namespace: default\n", "", ""), `line 10: document 2: "a": this Pod is already in document 1, line 1`},

		// Fields.
		{"an unknown field", inPod("", "  conatiners: []\n", ""), "line 6: document 1: spec.conatiners: unknown field; did you mean containers?"},
		{"another case", inPod("", "", "    Ports: []\n"), "line 9: document 1: spec.containers[0].Ports: unknown field; did you mean ports?"},
		{"another case all over", inPod("", "  NODENAME: n\n", ""), "line 6: document 1: spec.NODENAME: unknown field; did you mean nodeName?"},
		{"nothing near", inPod("", "  replicas: 3\n", ""), "line 6: document 1: spec.replicas: unknown field"},
		{"a field twice", inPod("", "", "    image: j\n"), "line 9: document 1: spec.containers[0].image: is there twice; first on line 8"},
		{"a label twice", inPod("  labels: {a: b, a: c}\n", "", ""), "line 5: document 1: metadata.labels.a: is there twice; first on line 5"},
		{"a key that is a list", inPod("  [x]: y\n", "", ""), "line 5: document 1: metadata: a key must be a string, not a list"},
		{"a key that is null", inPod("  labels: {~: y}\n", "", ""), `line 5: document 1: metadata.labels: "~": a key must be a string, not empty`},
		{"a key that is no text", inPod("  labels: {\"a\\tb\": y}\n", "", ""), `line 5: document 1: metadata.labels: "a\tb": a key must be of at most 317 printable characters`},
		{"a tag", inPod("  labels: {a: !secret x}\n", "", ""), `line 5: document 1: metadata.labels[a]: "x": the YAML tag !secret is not supported`},
		{"several at once", inPod("  x: 1\n", "  y: 1\n", "    z: 1\n"), "line 5: document 1: metadata.x: unknown field\nline 7: document 1: spec.y: unknown field\nline 11: document 1: spec.containers[0].z: unknown field"},

		// Types.
		{"a number for a string", inPod("  labels: {v: 1}\n", "", ""), `line 5: document 1: metadata.labels[v]: "1": is a number and must be a string: put it in quotes`},
		{"a fraction for a string", inPod("  labels: {v: 1.10}\n", "", ""), `line 5: document 1: metadata.labels[v]: "1.10": is a number and must be a string: put it in quotes`},
		{"a boolean for a string", inPod("  annotations: {v: true}\n", "", ""), `line 5: document 1: metadata.annotations[v]: "true": is true or false and must be a string: put it in quotes`},
		{"a list for a string", inPod("", "", "    workingDir: [a]\n"), "line 9: document 1: spec.containers[0].workingDir: must be a string, not a list"},
		{"a string for a list", inPod("", "", "    command: sh -c true\n"), `line 9: document 1: spec.containers[0].command: "sh -c true": must be a list, not a string`},
		{"a list for a mapping", inPod("  labels: [a]\n", "", ""), "line 5: document 1: metadata.labels: must be a mapping, not a list"},
		{"a string for a mapping", inPod("", "", "    resources: small\n"), `line 9: document 1: spec.containers[0].resources: "small": must be a mapping, not a string`},
		{"an item that is empty", inPod("", "  tolerations:\n  -\n", ""), "line 7: document 1: spec.tolerations[0]: must not be empty"},
		{"a string for a number", inPod("", "", "    ports: [{containerPort: '80'}]\n"), `line 9: document 1: spec.containers[0].ports[0].containerPort: "80": must be a number, without quotes`},
		{"a name for a number", inPod("", "", "    ports: [{containerPort: http}]\n"), `line 9: document 1: spec.containers[0].ports[0].containerPort: "http": must be a whole number`},
		{"a fraction for a number", inPod("", "", "    ports: [{containerPort: 80.0}]\n"), `line 9: document 1: spec.containers[0].ports[0].containerPort: "80.0": must be a whole number`},
		{"an octal number", inPod("", "", "    ports: [{containerPort: 0123}]\n"), `line 9: document 1: spec.containers[0].ports[0].containerPort: "0123": must be written as a plain decimal number`},
		{"no octal number", inPod("", "", "    ports: [{containerPort: 080}]\n"), `line 9: document 1: spec.containers[0].ports[0].containerPort: "080": must be written as a plain decimal number`},
		{"a large number", inPod("", "  activeDeadlineSeconds: 9223372036854775808\n", ""), `line 6: document 1: spec.activeDeadlineSeconds: "9223372036854775808": is too large a number`},
		{"a mapping for a number", inPod("", "  activeDeadlineSeconds: {}\n", ""), "line 6: document 1: spec.activeDeadlineSeconds: must be a whole number, not a mapping"},
		{"yes for true", inPod("", "", "    volumeMounts: [{readOnly: yes}]\n"), `line 9: document 1: spec.containers[0].volumeMounts[0].readOnly: "yes": must be true or false`},
		{"true in quotes", inPod("", "", "    volumeMounts: [{readOnly: 'true'}]\n"), `line 9: document 1: spec.containers[0].volumeMounts[0].readOnly: "true": must be true or false, without quotes`},
		{"a version that is a number", inPod("  resourceVersion: 7\n", "", ""), `line 5: document 1: metadata.resourceVersion: "7": must be a number in quotes`},
		{"a version that is none", inPod("  resourceVersion: 'x'\n", "", ""), `line 5: document 1: metadata.resourceVersion: "x": must be a whole number`},
		{"a version below zero", inPod("  resourceVersion: '-1'\n", "", ""), `line 5: document 1: metadata.resourceVersion: "-1": must not be negative`},
		{"no time", inPod("  creationTimestamp: yesterday\n", "", ""), `line 5: document 1: metadata.creationTimestamp: "yesterday": must be a time as in 2015-07-21T16:00:00Z`},
		{"a quantity", inPod("", "", "    resources: {limits: {cpu: 1x}}\n"), `line 9: document 1: spec.containers[0].resources.limits[cpu]: "1x": must be a number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3`},
		{"a quantity that is empty", inPod("", "", "    resources: {limits: {cpu: }}\n"), "line 9: document 1: spec.containers[0].resources.limits[cpu]: must not be empty"},
		{"a quantity that is a list", inPod("", "", "    resources: {limits: {cpu: [1]}}\n"), "line 9: document 1: spec.containers[0].resources.limits[cpu]: must be a single value, not a list"},
		{"a port that is a fraction", inService("  ports: [{port: 80, targetPort: 8.5}]\n"), `line 4: document 1: spec.ports[0].targetPort: "8.5": parse number or name "8.5": must be a string or a whole number of 32 bits`},

		// What core/v1 has and Coracle has not.
		{"a scheduler", inPod("", "  schedulerName: mine\n", ""), `line 6: document 1: spec.schedulerName: "mine": unsupported: Coracle has only default-scheduler`},
		{"a service account", inPod("", "  serviceAccountName: robot\n", ""), `line 6: document 1: spec.serviceAccountName: "robot": unsupported: Coracle has only default`},
		{"shared processes", inPod("", "  shareProcessNamespace: true\n", ""), `line 6: document 1: spec.shareProcessNamespace: "true": unsupported: Coracle has nothing that acts on this field`},
		{"a pod's security context", inPod("", "  securityContext: {sysctls: [{name: a}]}\n", ""), "line 6: document 1: spec.securityContext.sysctls: unsupported: Coracle has nothing that acts on this field"},
		{"a volume", inPod("", "  volumes: [{name: v, projected: {sources: [{}]}}]\n", ""), "line 6: document 1: spec.volumes[0].projected: unsupported: Coracle has nothing that acts on this field"},
		{"a security context", inPod("", "", "    securityContext: {seccompProfile: {type: Unconfined}}\n"), "line 9: document 1: spec.containers[0].securityContext.seccompProfile: unsupported: Coracle has nothing that acts on this field"},
		{"a stop signal", inPod("", "", "    lifecycle: {stopSignal: SIGUSR1}\n"), `line 9: document 1: spec.containers[0].lifecycle.stopSignal: "SIGUSR1": unsupported: Coracle has nothing that acts on this field`},
		{"a hook that is none", inPod("", "", "    lifecycle: {postStart: {shell: x}}\n"), "line 9: document 1: spec.containers[0].lifecycle.postStart.shell: unknown field"},
		{"a finalizer", inPod("  finalizers: [a/b]\n", "", ""), "line 5: document 1: metadata.finalizers: unsupported: Coracle has nothing that acts on this field"},
		{"other addresses", inService("  clusterIP: 10.0.0.1\n  clusterIPs: [10.0.0.1, 'fd00::1']\n"), "line 5: document 1: spec.clusterIPs: unsupported: Coracle has one, which must be that of clusterIP"},
		{"two families", inService("  ipFamilies: [IPv4, IPv6]\n"), "line 4: document 1: spec.ipFamilies: unsupported: Coracle has only IPv4 and IPv6"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			objects, err := manifest.Read(strings.NewReader(c.text))
			require.Empty(t, objects)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestValuesAreShortened(t *testing.T) {
	_, err := manifest.Read(strings.NewReader("apiVersion: v1\nkind: " + strings.Repeat("é", 1000) + "\n"))
	var first manifest.Error
	require.ErrorAs(t, err, &first)
	require.Equal(t, strings.Repeat("é", 60)+"…", first.Value)
}

func TestCheck(t *testing.T) {
	text := inPod("", "", "    workingDir: /\n") + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, labels: {a/b: x}}\nspec:\n  ports:\n  - port: 1\n"
	check := func(o labels.Object) error {
		if o.Identity().Name == "a" {
			return fmt.Errorf("not today")
		}
		var errs labels.FieldErrors
		errs.Add("spec.ports[0].port", 1, "is taken")
		errs.Add("metadata.labels[a/b]", "x", "is odd")
		errs.Add("metadata.labels['a/b']", "x", "is odd")
		errs.Add("spec.selector", nil, "required")
		return errs.Err()
	}
	_, err := manifest.Reader{Check: check}.Read("f.yaml", strings.NewReader(text))
	require.EqualError(t, err, strings.Join([]string{
		`f.yaml:1: document 1: not today`,
		`f.yaml:13: document 2: metadata.labels[a/b]: "x": is odd`,
		`f.yaml:13: document 2: metadata.labels['a/b']: "x": is odd`,
		`f.yaml:14: document 2: spec.selector: required`,
		`f.yaml:16: document 2: spec.ports[0].port: "1": is taken`,
	}, "\n"))
}

func TestCheckWithValidate(t *testing.T) {
	text := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: Web\n  spec:\n    containers:\n    - name: c\n      image: i\n      ports: [{containerPort: 70000}]\n"
	_, err := manifest.Reader{Check: manifest.Validate}.Read("f.yaml", strings.NewReader(text))
	var all manifest.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 2)
	require.Equal(t, "items[0].metadata.name", all[0].Path)
	require.Equal(t, 7, all[0].Line)
	require.Equal(t, "items[0].spec.containers[0].ports[0].containerPort", all[1].Path)
	require.Equal(t, 12, all[1].Line)

	objects, err := manifest.Reader{Check: manifest.Validate}.ReadFiles("testdata/shop", "testdata/guestbook2014")
	require.NoError(t, err)
	require.Len(t, objects, 13)
}

package manifest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

func read(t *testing.T, text string) []labels.Object {
	t.Helper()
	objects, err := manifest.Read(strings.NewReader(text))
	require.NoError(t, err)
	return objects
}

func readOne[T labels.Object](t *testing.T, text string) T {
	t.Helper()
	objects := read(t, text)
	require.Len(t, objects, 1)
	require.IsType(t, *new(T), objects[0])
	return objects[0].(T)
}

func names(objects []labels.Object) []string {
	var list []string
	for _, o := range objects {
		m := o.Identity()
		list = append(list, strings.TrimPrefix(strings.TrimPrefix(typeName(o)+" "+m.Namespace+"/"+m.Name+m.GenerateName, "*"), "/"))
	}
	return list
}

func typeName(o labels.Object) string {
	switch o.(type) {
	case *pod.Pod:
		return "Pod"
	case *replication.Controller:
		return "ReplicationController"
	case *service.Service:
		return "Service"
	case *service.Endpoints:
		return "Endpoints"
	case *node.Node:
		return "Node"
	}
	return "Namespace"
}

func TestReadFolder(t *testing.T) {
	objects, err := manifest.ReadFiles("testdata/shop")
	require.NoError(t, err)
	require.Equal(t, []string{
		"Namespace /shop", "ReplicationController shop/web", "Service shop/web",
		"Pod shop/job-", "Endpoints shop/db", "Node /n1",
	}, names(objects))

	c := objects[1].(*replication.Controller)
	require.Equal(t, 3, *c.Spec.Replicas)
	require.Equal(t, labels.Set{"app": "web", "tier": "front"}, c.Spec.Selector)
	require.Equal(t, c.Spec.Selector, c.Spec.Template.Labels)
	web := c.Spec.Template.Spec.Containers[0]
	require.Equal(t, "yes", web.Env[0].Value)
	require.Equal(t, "metadata.name", web.Env[1].ValueFrom.FieldRef.FieldPath)
	require.Equal(t, pod.Resources{pod.CPU: pod.MustParseQuantity("1"), pod.Memory: pod.MustParseQuantity("128Mi")}, web.Resources.Limits)
	require.Equal(t, pod.FromString("http"), web.ReadinessProbe.HTTPGet.Port)
	require.Equal(t, "16Mi", c.Spec.Template.Spec.Volumes[0].EmptyDir.SizeLimit.String())

	s := objects[2].(*service.Service)
	require.Equal(t, pod.FromInt(8081), s.Spec.Ports[1].TargetPort)
	require.Equal(t, int64(600), *s.Spec.SessionAffinityConfig.ClientIP.TimeoutSeconds)

	require.Equal(t, "one\ntwo 🚀", objects[3].(*pod.Pod).Annotations["note"])
	require.Equal(t, pod.RestartPolicy(""), c.Spec.Template.Spec.RestartPolicy, "nothing is defaulted")
}

func TestReadWhatAClusterHandsOut(t *testing.T) {
	objects, err := manifest.ReadFiles("testdata/live")
	require.NoError(t, err)
	require.Equal(t, []string{"Pod default/web", "Service default/web", "Node /n1", "Namespace /default", "ReplicationController /web"}, names(objects))
	p := objects[0].(*pod.Pod)
	require.Equal(t, uint64(4711), p.ResourceVersion)
	require.Equal(t, pod.Running, p.Status.Phase)
	require.True(t, objects[1].Identity().CreationTimestamp.IsZero())
}

func TestReadForms(t *testing.T) {
	const pods = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`
	cases := map[string]struct{ text, want string }{
		"JSON":                      {pods, "Pod /a"},
		"JSON with trailing commas": {`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a",},}`, "Pod /a"},
		"JSON with tabs":            {"{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"a\"\n\t}\n}", "Pod /a"},
		"JSON after JSON":           {pods + "\n" + strings.ReplaceAll(pods, `"a"`, `"}{"`), "Pod /a, Pod /}{"},
		"JSON side by side":         {pods + strings.ReplaceAll(pods, `"a"`, `"\"}"`), `Pod /a, Pod /"}`},
		"JSON with ---":             {pods + "\n---\n" + strings.ReplaceAll(pods, `"a"`, `"b"`), "Pod /a, Pod /b"},
		"JSON with comments":        {"# it's JSON\n" + pods + " # really\n", "Pod /a"},
		"a byte order mark":         {"\ufeff" + pods, "Pod /a"},
		"Windows lines":             {"apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n---\r\n", "Pod /a"},
		"empty documents":           {"---\n---\n# nothing\n---\nkind: Pod\napiVersion: v1\n---\n", "Pod /"},
		"an empty list":             {"apiVersion: v1\nkind: List\nitems: []\n", ""},
		"a list of null":            {"apiVersion: v1\nkind: PodList\nitems: null\n", ""},
		"a list of one kind":        {"apiVersion: v1\nkind: PodList\nmetadata: {resourceVersion: '7', remainingItemCount: 3}\nitems:\n- metadata: {name: a}\n- {kind: Pod, metadata: {name: b}}\n", "Pod /a, Pod /b"},
		"a list in a list":          {"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [" + pods + "]}]\n", "Pod /a"},
		"versions mixed":            {"apiVersion: v1\nkind: List\nitems: [" + pods + ", {apiVersion: v1beta1, kind: Minion, id: m}]\n", "Pod /a, Node /m"},
		"same name, another kind":   {"apiVersion: v1\nkind: List\nitems: [" + pods + ", {apiVersion: v1, kind: Service, metadata: {name: a}}]\n", "Pod /a, Service /a"},
		"a merge":                   {"apiVersion: v1\nkind: Pod\nmetadata: {<<: [{name: a, namespace: x}, {name: b}], namespace: y}\n", "Pod y/a"},
		"YAML's own tags":           {"!!map\napiVersion: !!str v1\nkind: \"Pod\"\nmetadata: {name: !!str 12}\n", "Pod /12"},
		"a flow document":           {"{apiVersion: v1, kind: Pod, metadata: {name: 'it''s \"'}}\n", `Pod /it's "`},
		"an unprintable in JSON":    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\u007f\"}}", "Pod /a\u007f"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, strings.Join(names(read(t, c.text)), ", "))
		})
	}
}

func TestReadScalars(t *testing.T) {
	p := readOne[*pod.Pod](t, `
apiVersion: v1
kind: Pod
metadata:
  labels: {a: yes, b: off, c: 2001-01-01, d: , e: "1", f: 1.2.3, 3: x, true: z}
  creationTimestamp: 2024-05-01T12:00:00+02:00
  deletionGracePeriodSeconds: 0
  ownerReferences: []
spec:
  nodeSelector: {}
  containers:
  - name: c
    image: i
    resources:
      limits: {cpu: 1.5, memory: 1e3, x/y: .5, x/z: 0}
    livenessProbe: {tcpSocket: {port: "80"}}
`)
	require.Equal(t, labels.Set{"a": "yes", "b": "off", "c": "2001-01-01", "d": "", "e": "1", "f": "1.2.3", "3": "x", "true": "z"}, p.Labels)
	require.Equal(t, "2024-05-01T10:00:00Z", p.CreationTimestamp.Format("2006-01-02T15:04:05Z07:00"))
	require.Zero(t, *p.DeletionGracePeriodSeconds)
	require.Nil(t, p.OwnerReferences)
	require.Nil(t, p.Spec.NodeSelector)
	limits := p.Spec.Containers[0].Resources.Limits
	require.Equal(t, "1500m", limits[pod.CPU].String())
	require.Equal(t, "1e3", limits[pod.Memory].String())
	require.Equal(t, "500m", limits["x/y"].String())
	require.Equal(t, "0", limits["x/z"].String())
	require.Equal(t, pod.FromString("80"), p.Spec.Containers[0].LivenessProbe.TCPSocket.Port)
}

func TestReadFilesErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := write("good.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
	bad := write("bad.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {nam: a}\n")
	again := write("again.yaml", "\n\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}\n")
	large := write("large.yaml", strings.Repeat("#\n", 5<<20))
	empty := write("empty.yaml", "")
	write("sub/good.txt", "")
	write("sub/folder.yaml/x", "")

	cases := map[string]struct {
		paths []string
		want  []string
	}{
		"missing":         {[]string{"none.yaml"}, []string{"none.yaml: stat: no such file or directory"}},
		"empty":           {[]string{empty}, []string{empty + ": empty: no document is in it"}},
		"large":           {[]string{large}, []string{large + ": 10485760 bytes is larger than 4194304, the most that is read"}},
		"no manifest":     {[]string{filepath.Join(dir, "sub")}, []string{filepath.Join(dir, "sub") + ": no *.yaml, *.yml or *.json file is in this folder"}},
		"all at once":     {[]string{bad, good, empty}, []string{bad + ":3: document 1: metadata.nam: unknown field; did you mean name?", empty + ": empty: no document is in it"}},
		"twice":           {[]string{good, again}, []string{again + `:3: document 1: "a": this Pod is already in document 1, line 1 of ` + good}},
		"twice the file":  {[]string{good, good}, []string{good + `:1: document 1: "a": this Pod is already in document 1, line 1`}},
		"nothing to read": {nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			objects, err := manifest.ReadFiles(c.paths...)
			require.Empty(t, objects)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, strings.Join(c.want, "\n"))
		})
	}
	_, err := manifest.ReadFiles("none.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestReadIsBounded(t *testing.T) {
	src := &endless{}
	_, err := manifest.Read(src)
	require.EqualError(t, err, "larger than 4194304 bytes, the most that is read")
	require.LessOrEqual(t, src.given, manifest.DefaultMaxBytes+64<<10)

	_, err = manifest.Reader{MaxBytes: 10}.Read("tiny.yaml", strings.NewReader("apiVersion: v1"))
	require.EqualError(t, err, "tiny.yaml: larger than 10 bytes, the most that is read")

	failing := io.MultiReader(strings.NewReader("a"), &broken{})
	_, err = manifest.Reader{}.Read("pipe", failing)
	require.EqualError(t, err, "pipe: "+errBroken.Error())
	require.ErrorIs(t, err, errBroken)
}

type endless struct{ given int }

func (e *endless) Read(p []byte) (int, error) {
	e.given += len(p)
	return copy(p, bytes.Repeat([]byte("#"), len(p))), nil
}

var errBroken = errors.New("the pipe broke")

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, errBroken }

func TestErrorsTellEverything(t *testing.T) {
	_, err := manifest.Reader{}.Read("web.yaml", strings.NewReader("---\n---\napiVersion: v1\nkind: Pod\nspec:\n  restartPolicy: 7\n  nodeName: [n1]\n"))
	var all manifest.Errors
	require.ErrorAs(t, err, &all)
	require.Equal(t, manifest.Errors{
		{File: "web.yaml", Document: 2, Line: 6, Path: "spec.restartPolicy", Value: "7", Problem: "is a number and must be a string: put it in quotes"},
		{File: "web.yaml", Document: 2, Line: 7, Path: "spec.nodeName", Problem: "must be a string, not a list"},
	}, all)
	var first manifest.Error
	require.ErrorAs(t, err, &first)
	require.Equal(t, all[0], first)
}

func TestErrorsAreCounted(t *testing.T) {
	_, err := manifest.Read(strings.NewReader("apiVersion: v1\nkind: Pod\nspec:\n" + fields(1500)))
	var all manifest.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 1001)
	require.Equal(t, "and 500 more problems", all[1000].Error())
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  x%d: 1\n", i)
	}
	return b.String()
}

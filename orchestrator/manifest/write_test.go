package manifest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

func TestWriteReadsBack(t *testing.T) {
	for _, folder := range []string{"testdata/shop", "testdata/live", "testdata/guestbook2014"} {
		objects, err := manifest.ReadFiles(folder)
		require.NoError(t, err)
		roundTrip(t, objects)
	}
	roundTrip(t, []labels.Object{})
}

// roundTrip requires that the objects are the same after writing and reading,
// and that writing them again writes the same bytes.
func roundTrip(t *testing.T, objects []labels.Object) {
	t.Helper()
	for _, write := range writers {
		var first, second bytes.Buffer
		require.NoError(t, write(&first, objects...))
		again, err := manifest.Reader{MaxBytes: 1 << 30}.Read("", bytes.NewReader(first.Bytes()))
		require.NoError(t, err, first.String())
		require.Equal(t, objects, again, first.String())
		require.NoError(t, write(&second, again...))
		require.Equal(t, first.String(), second.String())
	}
}

var writers = []func(w *bytes.Buffer, objects ...labels.Object) error{
	func(w *bytes.Buffer, objects ...labels.Object) error { return manifest.Write(w, objects...) },
	func(w *bytes.Buffer, objects ...labels.Object) error { return manifest.WriteJSON(w, objects...) },
}

func TestWriteYAML(t *testing.T) {
	replicas := 2
	c := &replication.Controller{
		Meta: labels.Meta{Name: "web", Namespace: "shop", ResourceVersion: 7, Labels: labels.Set{"b": "yes", "a": "1"}},
		Spec: replication.Spec{Replicas: &replicas, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
			Spec: pod.Spec{Containers: []pod.Container{{
				Name: "web", Image: "./web:v1", Command: []string{"sh", "-c", "echo one\necho two\n"},
				Resources: pod.Requirements{Limits: pod.Resources{pod.CPU: pod.MustParseQuantity("0.5")}},
			}}, Volumes: []pod.Volume{{Name: "tmp", EmptyDir: &pod.EmptyDir{}}}},
		}},
	}
	s := &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{Ports: []service.Port{{Port: 80, TargetPort: pod.FromString("http")}}}}
	var out bytes.Buffer
	require.NoError(t, manifest.Write(&out, c, s))
	require.Equal(t, `apiVersion: v1
kind: ReplicationController
metadata:
  name: web
  namespace: shop
  resourceVersion: "7"
  labels:
    a: "1"
    b: "yes"
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: web
    spec:
      volumes:
      - name: tmp
        emptyDir: {}
      containers:
      - name: web
        image: ./web:v1
        command:
        - sh
        - -c
        - |
          echo one
          echo two
        resources:
          limits:
            cpu: 500m
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
    targetPort: http
`, out.String())
}

func TestWriteJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, manifest.WriteJSON(&out, &labels.Namespace{Meta: labels.Meta{Name: "a<b\u007f\ufeff"}}))
	require.Equal(t, `{
  "apiVersion": "v1",
  "kind": "List",
  "items": [
    {
      "apiVersion": "v1",
      "kind": "Namespace",
      "metadata": {
        "name": "a<b\u007f\ufeff"
      }
    }
  ]
}
`, out.String())
	require.True(t, json.Valid(out.Bytes()))
}

// TestWriteStrings writes what is easily mistaken for something else.
func TestWriteStrings(t *testing.T) {
	for _, s := range []string{
		"", " ", "yes", "No", "on", "OFF", "y", "null", "Null", "~", "true", "1", "1.5", "1e3", "0x10", "0o7", "012", "1_000", "1:30", ".inf", ".nan",
		"-", "--", "-a", "--a=b", "-.inf", "./a", ".a", "500m", "0m", "1k", "64Mi", "1E", "-1m", "a:b:c", "a::b", "- a", "? a", ": a", "a: b", "a:", "a #b", "#a", "&a", "*a", "!a", "!!int 1", "|", ">", "%a", "@a", "`a", "'a'", `"a"`, `\`, "{a", "[a", "a,b",
		"<<", "=", "2001-01-01", "2001-01-01T00:00:00Z", "---", "...", "--- a", "a\n", "\na", "a\n\n", "a\n\n\nb\n", " a\nb", "a\n b", "a \nb", "a\tb", "\ta",
		"a\r\nb", "a\u0085b", "a\u2028b", "a\u00a0b", "a\x00b", "a\x7fb", "\ufeffa", "grün", "🚀", "a\n#b", "a\n---\nb", "a\n\tb", "a\nb ", "$(A)", "a  b", "a ", "https://x.y/z?a=b#c",
		strings.Repeat("word ", 100), strings.Repeat("x", 2000),
	} {
		p := &pod.Pod{Meta: labels.Meta{Name: "p", Annotations: map[string]string{"k": s}}}
		p.Spec.Containers = []pod.Container{{Name: "c", Image: s, Command: []string{s, s}}}
		if !strings.ContainsAny(s, "\x00\t\r\n\x7f\u0085\u2028\ufeff") && len(s) < 300 { // as a key, too
			p.Annotations[s] = s
		}
		roundTrip(t, []labels.Object{p})

		// An older YAML, in which more words have a meaning, must read a string, too.
		var out bytes.Buffer
		require.NoError(t, manifest.Write(&out, p))
		var tree struct {
			Spec struct{ Containers []struct{ Image yaml.Node } }
		}
		require.NoError(t, yaml.Unmarshal(out.Bytes(), &tree))
		if image := tree.Spec.Containers[0].Image; image.Style == 0 {
			require.NotContains(t, []string{"yes", "no", "on", "off", "y", "n", "true", "false", "null", "1:30"}, strings.ToLower(s))
		}
	}
}

type stranger struct{ labels.Meta }

func TestWriteErrors(t *testing.T) {
	fine := &pod.Pod{Meta: labels.Meta{Name: "p"}}
	cases := map[string]struct {
		object labels.Object
		want   string
	}{
		"another type":  {&stranger{labels.Meta{Name: "s"}}, `write *manifest_test.stranger "s": a *manifest_test.stranger is nothing that a manifest can hold`},
		"nil":           {nil, "write <nil>: a <nil> is nothing that a manifest can hold"},
		"a nil pod":     {(*pod.Pod)(nil), "write *pod.Pod: it is nil"},
		"a nil service": {(*service.Service)(nil), "write *service.Service: it is nil"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, write := range writers {
				var out bytes.Buffer
				require.EqualError(t, write(&out, fine, c.object), c.want)
				require.Zero(t, out.Len(), "nothing is half written")
			}
		})
	}
	require.ErrorIs(t, manifest.Write(full{}, fine), errFull)
	require.ErrorIs(t, manifest.WriteJSON(full{}, fine), errFull)
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
)

// FuzzRead requires that nothing makes Read panic, that it returns objects or
// errors and never both, and that what it accepts is the same after writing and
// reading it again.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.*")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	for _, s := range []string{
		"", "---\n", "{}{}", "a: &a [*a]", "apiVersion: v1\nkind: Pod\nmetadata: {<<: {name: a}, name: b, annotations: {x: \"a\\nb\"}}\n",
		inPod("  labels: {a: yes}\n", "  affinity: {}\n", "    resources: {limits: {cpu: 1e3, memory: 1.5Gi, x: -0}}\n"),
		`{"apiVersion":"v1beta1","kind":"Minion","id":"a\ud83d\ude00","resources":{"capacity":{"cpu":1000}},}`,
		`{apiVersion: v1beta1, kind: Service, port: 80, containerPort: "80", creationTimestamp: 2014-01-01T00:00:00+01:00}`,
		`{apiVersion: v1beta1, kind: Endpoints, endpoints: ["[::1]:80", "1.2.3.4:5"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := manifest.Read(bytes.NewReader(data))
		if err != nil {
			require.Empty(t, objects)
			require.NotEmpty(t, err.Error())
			return
		}
		roundTrip(t, objects)
		for _, o := range objects {
			_ = manifest.Validate(o) // must not panic
		}
	})
}

// FuzzWrite requires that a text is the same after writing and reading it,
// wherever it stands.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"", "yes", "a: b", "a\nb\n", " a", "1e3", "-", "#", "a\u0085b", "🚀", "'\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd") // encoding/json does the same
		key := strings.Map(func(r rune) rune {
			if r < ' ' || !unicode.IsPrint(r) {
				return -1 // no key
			}
			return r
		}, s)
		key = strings.ToValidUTF8(key[:min(len(key), 300)], "")
		p := &pod.Pod{Meta: labels.Meta{Name: s, Annotations: map[string]string{key: s, "k": s}}}
		p.Spec.Containers = []pod.Container{{Name: s, Image: "i", Command: []string{s, "x", s}}, {Env: []pod.EnvVar{{Value: s}}}}
		roundTrip(t, []labels.Object{p, &labels.Namespace{Meta: labels.Meta{Name: s}}})
	})
}

package manifest_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
)

// thousand returns 1,000 pods of an ordinary size.
func thousand() []labels.Object {
	var objects []labels.Object
	for i := range 1000 {
		objects = append(objects, &pod.Pod{
			Meta: labels.Meta{Name: fmt.Sprintf("web-%d", i), Namespace: "shop", Labels: labels.Set{"app": "web", "tier": "front"}},
			Spec: pod.Spec{Containers: []pod.Container{{
				Name: "web", Image: "registry.example.com/web:v1.2.3", Command: []string{"web", "--listen", ":8080"},
				Ports:     []pod.ContainerPort{{Name: "http", ContainerPort: 8080}},
				Env:       []pod.EnvVar{{Name: "GREETING", Value: "hello"}},
				Resources: pod.Requirements{Requests: amounts("100m", "64Mi")},
			}}},
		})
	}
	return objects
}

func BenchmarkRead1000Pods(b *testing.B) {
	for i, name := range []string{"yaml", "json"} {
		b.Run(name, func(b *testing.B) {
			var file bytes.Buffer
			require.NoError(b, writers[i](&file, thousand()...))
			b.SetBytes(int64(file.Len()))
			b.ReportAllocs()
			for b.Loop() {
				objects, err := manifest.Read(bytes.NewReader(file.Bytes()))
				if err != nil || len(objects) != 1000 {
					b.Fatal(len(objects), err)
				}
			}
		})
	}
}

func BenchmarkWrite1000Pods(b *testing.B) {
	objects := thousand()
	for i, name := range []string{"yaml", "json"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var file bytes.Buffer
				if err := writers[i](&file, objects...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

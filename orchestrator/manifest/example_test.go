package manifest_test

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/pod"
)

func ExampleRead() {
	objects, err := manifest.Read(strings.NewReader(`
apiVersion: v1
kind: Pod
metadata:
  name: hello
spec:
  containers:
  - name: hello
    image: ./hello
    resources: {limits: {cpu: 250m}}
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range objects {
		fmt.Printf("%T %s\n", o, o.Identity().Name)
	}
	// Output:
	// *pod.Pod hello
	// *labels.Namespace shop
}

// A manifest of 2014 loads as it is, trailing commas included.
func ExampleRead_v1beta1() {
	objects, err := manifest.Read(strings.NewReader(`{
	  "id": "10.1.2.3",
	  "kind": "Minion",
	  "apiVersion": "v1beta1",
	  "resources": {
	    "capacity": {
	      "cpu": 1000,
	      "memory": 1073741824
	    },
	  },
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	n := objects[0].(*node.Node)
	cpu := n.Status.Capacity[pod.CPU]
	fmt.Println(n.Name, cpu.String())
	// Output:
	// 10.1.2.3 1
}

func ExampleReadFiles() {
	objects, err := manifest.ReadFiles("testdata/shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range objects {
		fmt.Printf("%T %s%s\n", o, o.Identity().Name, o.Identity().GenerateName)
	}
	// Output:
	// *labels.Namespace shop
	// *replication.Controller web
	// *service.Service web
	// *pod.Pod job-
	// *service.Endpoints db
	// *node.Node n1
}

func ExampleReader_ReadFiles() {
	_, err := manifest.Reader{MaxBytes: 100}.ReadFiles("testdata/shop/10-namespace.yaml", "testdata/none.yaml")
	fmt.Println(err)
	// Output:
	// testdata/shop/10-namespace.yaml: 125 bytes is larger than 100, the most that is read
	// testdata/none.yaml: stat: no such file or directory
}

// Everything that is wrong is reported at once.
func ExampleReader_Read() {
	_, err := manifest.Reader{}.Read("web.yaml", strings.NewReader(`apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {version: 1}
spec:
  restartPolicy: Never
  schedulerName: mine
  containers:
  - name: web
    imagee: ./web
`))
	fmt.Println(err)
	// Output:
	// web.yaml:5: document 1: metadata.labels[version]: "1": is a number and must be a string: put it in quotes
	// web.yaml:8: document 1: spec.schedulerName: "mine": unsupported: Coracle has only default-scheduler
	// web.yaml:11: document 1: spec.containers[0].imagee: unknown field; did you mean image?
}

// Errors of the objects themselves get a line as well.
func ExampleReader() {
	reader := manifest.Reader{
		MaxBytes: 64 << 10,
		Check: func(o labels.Object) error {
			var errs labels.FieldErrors
			if o.Identity().Labels["team"] == "" {
				errs.Add("metadata.labels", nil, "must have a team")
			}
			return errs.Err()
		},
	}
	_, err := reader.Read("web.yaml", strings.NewReader("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {}\n"))
	fmt.Println(err)
	// Output:
	// web.yaml:5: document 1: metadata.labels: must have a team
}

func ExampleErrors() {
	_, err := manifest.Read(strings.NewReader("apiVersion: v1\nkind: Pod\nspecs: {}\n"))
	var all manifest.Errors
	if errors.As(err, &all) {
		for _, e := range all {
			fmt.Println(e.Document, e.Line, e.Path, "–", e.Problem)
		}
	}
	// Output:
	// 1 3 specs – unknown field; did you mean spec?
}

func ExampleError() {
	_, err := manifest.ReadFiles("none.yaml")
	var first manifest.Error
	fmt.Println(errors.As(err, &first), first.File, errors.Is(err, os.ErrNotExist))
	// Output:
	// true none.yaml true
}

func ExampleValidate() {
	p := &pod.Pod{Meta: labels.Meta{Name: "web"}, Spec: pod.Spec{Containers: []pod.Container{{Name: "web", Image: "./web"}}}}
	fmt.Println(manifest.Validate(p), p.Spec.RestartPolicy == "")
	// Output:
	// <nil> true
}

func ExampleWrite() {
	p := &pod.Pod{
		Meta: labels.Meta{Name: "hello", Labels: labels.Set{"polite": "yes"}},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "hello", Image: "./hello"}}},
	}
	if err := manifest.Write(os.Stdout, p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// apiVersion: v1
	// kind: Pod
	// metadata:
	//   name: hello
	//   labels:
	//     polite: "yes"
	// spec:
	//   containers:
	//   - name: hello
	//     image: ./hello
}

func ExampleWriteJSON() {
	if err := manifest.WriteJSON(os.Stdout, &labels.Namespace{Meta: labels.Meta{Name: "shop"}}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "apiVersion": "v1",
	//   "kind": "List",
	//   "items": [
	//     {
	//       "apiVersion": "v1",
	//       "kind": "Namespace",
	//       "metadata": {
	//         "name": "shop"
	//       }
	//     }
	//   ]
	// }
}

package main

import (
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// gpu is the resource: less than one is a share of one device.
const gpu pod.ResourceName = "example.com/gpu"

// model is the label of a node that says which GPUs it has.
const model = "example.com/gpu-model"

// trace is a cluster, and the pods that came to it.
type trace struct {
	nodes    []*node.Node
	pods     []*task
	capacity int64 // of all nodes, in thousandths of a GPU
	largest  size  // the most cpu that one node has, and the most GPUs
}

// size is an amount of cpu, in thousandths of a core, and of GPUs, in thousandths of one.
type size struct{ cpu, gpu int64 }

// task is what the pods of one kind ask for. Two rows of the file that ask for
// the same are one task.
type task struct {
	cpu    int64    // thousandths of a core
	memory int64    // MiB
	gpus   int64    // how many devices
	milli  int64    // of each, in thousandths; below 1000 only of a single one
	models []string // one of which the GPUs must be; nil: any

	spec pod.Spec // shared by all its pods, and not changed
}

// gpu returns what the task asks for together, in thousandths of a GPU.
func (t *task) gpu() int64 { return t.gpus * t.milli }

// readTrace reads the files of nodes and of pods. Nodes without a GPU are left
// out where allNodes is false.
func readTrace(nodes, pods string, allNodes bool) (*trace, error) {
	t := &trace{}
	if err := t.readNodes(nodes, allNodes); err != nil {
		return nil, err
	}
	if t.capacity == 0 {
		return nil, fmt.Errorf("%s: no node has a GPU", nodes)
	}
	if err := t.readPods(pods); err != nil {
		return nil, err
	}
	if t.requested() == 0 {
		return nil, fmt.Errorf("%s: no pod requests a GPU", pods)
	}
	return t, nil
}

// requested returns what all pods of the file ask for, in thousandths of a GPU.
func (t *trace) requested() (sum int64) {
	for _, p := range t.pods {
		sum += p.gpu()
	}
	return sum
}

const (
	most     = 1 << 40 // of cpu_milli and memory_mib: far above any machine, far below the end of 64 bits
	mostGPUs = 64      // of one node
)

func (t *trace) readNodes(path string, all bool) error {
	known := make(map[string]bool)
	return eachRow(path, []string{"sn", "cpu_milli", "memory_mib", "gpu", "model"}, func(row *table) {
		name := row.text("sn")
		if err := labels.ValidateName(name); err != nil {
			row.fail("sn", "is no name of a node: "+err.Error())
		}
		if known[name] {
			row.fail("sn", "is there twice")
		}
		known[name] = true
		if err := labels.ValidateValue(row.text("model")); err != nil {
			row.fail("model", "is no value of a label: "+err.Error())
		}
		cpu, memory := row.number("cpu_milli", 1, most), row.number("memory_mib", 1, most)
		gpus := row.number("gpu", 0, mostGPUs)
		if row.err != nil || gpus == 0 && !all {
			return
		}
		t.capacity += 1000 * gpus
		t.largest = size{max(t.largest.cpu, cpu), max(t.largest.gpu, 1000*gpus)}
		t.nodes = append(t.nodes, machine(name, cpu, memory, gpus, row.text("model")))
	})
}

// machine returns a node that takes pods.
func machine(name string, cpu, memory, gpus int64, gpuModel string) *node.Node {
	n := &node.Node{Meta: labels.Meta{Name: name, Labels: labels.Set{model: gpuModel}}}
	n.Status.Phase = node.Running
	n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
	n.Status.Capacity = pod.Resources{
		pod.CPU: pod.NewMilliQuantity(cpu, pod.DecimalSI), pod.Memory: pod.NewQuantity(memory<<20, pod.BinarySI),
	}
	if gpus > 0 {
		n.Status.Capacity[gpu] = pod.NewQuantity(gpus, pod.DecimalSI)
	}
	return n
}

// taskKey is what makes two tasks the same.
type taskKey struct {
	cpu, memory, gpus, milli int64
	models                   string
}

func (t *trace) readPods(path string) error {
	tasks := make(map[taskKey]*task)
	return eachRow(path, []string{"cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec"}, func(row *table) {
		key := taskKey{
			cpu: row.number("cpu_milli", 0, most), memory: row.number("memory_mib", 0, most), gpus: row.number("num_gpu", 0, mostGPUs),
		}
		switch key.gpus {
		case 0: // gpu_milli and gpu_spec mean nothing
		case 1:
			key.milli, key.models = row.number("gpu_milli", 1, 1000), row.text("gpu_spec")
		default: // several are whole ones
			key.milli, key.models = row.number("gpu_milli", 1000, 1000), row.text("gpu_spec")
		}
		if key.models != "" {
			row.checkModels(key.models)
		}
		if row.err != nil {
			return
		}
		if tasks[key] == nil {
			tasks[key] = key.task()
		}
		t.pods = append(t.pods, tasks[key])
	})
}

// checkModels fails where a list of models has one that no node can have.
func (t *table) checkModels(list string) {
	for m := range strings.SplitSeq(list, "|") {
		if m == "" {
			t.fail("gpu_spec", "has an empty model between its bars")
		} else if err := labels.ValidateValue(m); err != nil {
			t.fail("gpu_spec", "names a model that is no value of a label: "+err.Error())
		}
	}
}

func (k taskKey) task() *task {
	t := &task{cpu: k.cpu, memory: k.memory, gpus: k.gpus, milli: k.milli}
	requests := pod.Resources{
		pod.CPU: pod.NewMilliQuantity(k.cpu, pod.DecimalSI), pod.Memory: pod.NewQuantity(k.memory<<20, pod.BinarySI),
	}
	if t.gpu() > 0 {
		requests[gpu] = pod.NewMilliQuantity(t.gpu(), pod.DecimalSI)
	}
	t.spec.Containers = []pod.Container{{Name: "main", Image: "main", Resources: pod.Requirements{Requests: requests}}}
	if k.models != "" {
		t.models = strings.Split(k.models, "|")
		t.spec.Affinity = &pod.Affinity{NodeAffinity: &pod.NodeAffinity{Required: &pod.NodeTerms{Terms: []pod.NodeTerm{
			{Expressions: []pod.Expression{{Key: model, Operator: pod.In, Values: t.models}}},
		}}}}
	}
	return t
}

// pod returns the i-th pod that comes, which is one of the task.
func (t *task) pod(i int) *pod.Pod {
	name := fmt.Sprintf("pod-%06d", i)
	return &pod.Pod{Meta: labels.Meta{Name: name, Namespace: "default", UID: name}, Spec: t.spec}
}

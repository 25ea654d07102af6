package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	testNodes = "testdata/nodes.csv"
	testPods  = "testdata/pods.csv"
)

func TestReadTrace(t *testing.T) {
	trace, err := readTrace(testNodes, testPods, false)
	require.NoError(t, err)
	require.Len(t, trace.nodes, 6)
	require.EqualValues(t, 21000, trace.capacity)
	require.Equal(t, size{cpu: 64000, gpu: 8000}, trace.largest)
	require.EqualValues(t, 13300, trace.requested())
	require.Len(t, trace.pods, 16)
	require.Same(t, trace.pods[0], trace.pods[1], "pods that ask for the same are one task")
	require.Equal(t, []string{"P100", "A10"}, trace.pods[12].models)

	all, err := readTrace(testNodes, testPods, true)
	require.NoError(t, err)
	require.Len(t, all.nodes, 7)
}

func TestReadTraceRefuses(t *testing.T) {
	const goodNodes = "sn,cpu_milli,memory_mib,gpu,model\na,1000,1024,1,T4\n"
	const goodPods = "cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n100,64,1,500,\n"
	for _, c := range []struct{ name, nodes, pods, says string }{
		{"nothing", "", goodPods, "nodes.csv: the file is empty"},
		{"no such column", "sn,cpu_milli,memory_mib,gpus,model\n", goodPods, `nodes.csv:1: there is no column "gpu"`},
		{"too short a row", goodNodes + "b,1000\n", goodPods, "nodes.csv: record on line 3: wrong number of fields"},
		{"no number", goodNodes + "b,1 core,1024,1,T4\n", goodPods, `nodes.csv:3: cpu_milli "1 core" is not a whole number from 1 to 1099511627776`},
		{"no cpu", goodNodes + "b,0,1024,1,T4\n", goodPods, `nodes.csv:3: cpu_milli "0" is not a whole number from 1 to 1099511627776`},
		{"too many GPUs", goodNodes + "b,1000,1024,65,T4\n", goodPods, `nodes.csv:3: gpu "65" is not a whole number from 0 to 64`},
		{"a name twice", goodNodes + "a,1000,1024,1,T4\n", goodPods, `nodes.csv:3: sn "a" is there twice`},
		{"no model", goodNodes + "b,1000,1024,1,T 4\n", goodPods, `nodes.csv:3: model "T 4" is no value of a label: `},
		{"no GPUs", "sn,cpu_milli,memory_mib,gpu,model\na,1000,1024,0,\n", goodPods, "nodes.csv: no node has a GPU"},
		{"a share of nothing", goodNodes, goodPods + "100,64,1,0,\n", `pods.csv:3: gpu_milli "0" is not a whole number from 1 to 1000`},
		{"too large a share", goodNodes, goodPods + "100,64,1,1001,\n", `pods.csv:3: gpu_milli "1001" is not a whole number from 1 to 1000`},
		{"below 0", goodNodes, goodPods + "100,64,-1,0,\n", `pods.csv:3: num_gpu "-1" is not a whole number from 0 to 64`},
		{"half a list of models", goodNodes, goodPods + "100,64,1,500,T4|\n", `pods.csv:3: gpu_spec "T4|" has an empty model between its bars`},
		{"shares of several", goodNodes, goodPods + "100,64,2,500,\n", `pods.csv:3: gpu_milli "500" is not a whole number from 1000 to 1000`},
		{"no such model", goodNodes, goodPods + "100,64,1,500,T4|T 4\n", `pods.csv:3: gpu_spec "T4|T 4" names a model that is no value of a label: `},
		{"a column twice", "sn,cpu_milli,memory_mib,gpu,model,gpu\na,1000,1024,1,T4,2\n", goodPods, `nodes.csv:1: column "gpu" is there twice`},
		{"no pod wants a GPU", goodNodes, "cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n100,64,0,0,\n", "pods.csv: no pod requests a GPU"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("nodes.csv", []byte(c.nodes), 0o644))
			require.NoError(t, os.WriteFile("pods.csv", []byte(c.pods), 0o644))
			_, err := readTrace("nodes.csv", "pods.csv", true)
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := readTrace(filepath.Join(t.TempDir(), "none.csv"), testPods, true)
	require.ErrorIs(t, err, os.ErrNotExist)
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	in, out := filepath.Join(t.TempDir(), "in.csv"), filepath.Join(t.TempDir(), "out.svg")
	require.NoError(t, os.WriteFile(in, []byte("x,a\n0,1\n1,2\n"), 0o644))
	require.NoError(t, run([]string{"-yrange", "0:10", "-o", out, in}))
	svg, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")

	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{in}, "-o is required: the file to draw into"},
		{[]string{"-o", out}, "one CSV file is required, not 0"},
		{[]string{"-o", out, "-width", "-1", in}, "-width -1: must be above 0, and at most 10000"},
		{[]string{"-o", out, "-height", "NaN", in}, "-height NaN: must be above 0, and at most 10000"},
		{[]string{"-o", out, "-yrange", "10", in}, `invalid value "10" for flag -yrange: must be two numbers FROM:TO, the first one below the other`},
		{[]string{"-o", out, "-yrange", "0:Inf", in}, "draw a chart: YMin, YMax: 0, +Inf: must be two numbers, the first one below the other"},
		{[]string{"-o", out, "-xrange", "2:1", in}, `invalid value "2:1" for flag -xrange: must be two numbers FROM:TO, the first one below the other`},
	} {
		require.EqualError(t, run(c.args), c.says)
	}
}

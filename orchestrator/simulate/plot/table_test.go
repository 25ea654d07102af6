package plot_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/simulate/plot"
)

func TestRead(t *testing.T) {
	table, err := plot.Read(strings.NewReader("x (s),a,a ±,b\n0,1,0.5,2\n0.5,,,3\n1,4,,\n"), "t.csv")
	require.NoError(t, err)
	require.Equal(t, &plot.Table{X: "x (s)", Lines: []plot.Line{
		{Name: "a", Points: []plot.Point{{X: 0, Y: 1, Spread: 0.5}, {X: 1, Y: 4}}},
		{Name: "b", Points: []plot.Point{{X: 0, Y: 2}, {X: 0.5, Y: 3}}},
	}}, table)
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"nothing", "", "t.csv: the file is empty"},
		{"no line", "x\n1\n", `t.csv:1: there is no column beside "x"`},
		{"no row", "x,a\n", "t.csv: there is no row below the header"},
		{"an x that is no number", "x,a\n1,1\nnow,2\n", `t.csv:3: x "now" is not a number`},
		{"an x without end", "x,a\nInf,1\n", `t.csv:2: x "Inf" is not a number`},
		{"an x twice", "x,a\n1,1\n1,2\n", `t.csv:3: x "1" does not come after 1`},
		{"a value near the end of 64 bits", "x,a\n1,-1e308\n", `t.csv:2: a "-1e308" is too large`},
		{"a value that is no number", "x,a,b\n1,1,2m\n", `t.csv:2: b "2m" is not a number`},
		{"a spread below 0", "x,a,a ±\n1,1,-1\n", `t.csv:2: a ± "-1" is below 0`},
		{"a spread of nothing", "x,a,b ±\n1,1,1\n", `t.csv:1: column "b ±" does not follow column "b"`},
		{"a spread first", "x,x ±\n1,1\n", `t.csv:1: column "x ±" does not follow column "x"`},
		{"a row that is too short", "x,a\n1\n", "t.csv: record on line 2: wrong number of fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := plot.Read(strings.NewReader(c.text), "t.csv")
			require.EqualError(t, err, c.says)
		})
	}
}

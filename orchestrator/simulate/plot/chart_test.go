package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/simulate/plot"
)

// curves are two lines, one with a band and one with a gap.
func curves(t *testing.T) *plot.Table {
	t.Helper()
	table, err := plot.Read(strings.NewReader("load (%),first,first ±,second\n0,0,0,0\n50,50,2,45\n100,90,3,\n130,92,3,80\n"), "curves.csv")
	require.NoError(t, err)
	return table
}

// What a drawing says, and that it is well-formed.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, plot.Chart{Title: "GPUs", Y: "allocated (%)"}.Draw(&b, curves(t), "svg"))
	var texts []string
	in := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if data, ok := token.(xml.CharData); ok {
			texts = append(texts, strings.TrimSpace(string(data)))
		}
	}
	for _, want := range []string{"GPUs", "allocated (%)", "load (%)", "first", "second"} {
		require.Contains(t, texts, want)
	}
	require.Contains(t, b.String(), "fill-opacity") // the band

	var again bytes.Buffer
	require.NoError(t, plot.Chart{Title: "GPUs", Y: "allocated (%)"}.Draw(&again, curves(t), "svg"))
	require.Equal(t, b.String(), again.String(), "the same table is the same drawing")
}

// The reports that package simulate writes, whose own test keeps these files what
// they are: shares, counts, and a queue in which at times nobody waits.
func TestReports(t *testing.T) {
	for name, lines := range map[string][]string{
		"shares":   {"cpu allocated", "cpu fragmented"},
		"counts":   {"waiting", "starting", "running", "succeeded", "failed", "evictions", "restarts"},
		"queueing": {"p50", "p90", "p99", "max"},
	} {
		file, err := os.Open(filepath.Join("testdata", name+".csv"))
		require.NoError(t, err)
		defer file.Close()
		table, err := plot.Read(file, name+".csv")
		require.NoError(t, err)
		require.Equal(t, "time (s)", table.X)
		var drawn []string
		for _, line := range table.Lines {
			drawn = append(drawn, line.Name)
			require.NotEmpty(t, line.Points, "%s: %s", name, line.Name)
		}
		require.Equal(t, lines, drawn)
		for _, format := range []string{"svg", "png"} {
			require.NoError(t, plot.Chart{Title: name}.Draw(io.Discard, table, format))
		}
		var svg bytes.Buffer
		require.NoError(t, plot.Chart{Title: name}.Draw(&svg, table, "svg"))
		for _, line := range lines {
			require.Contains(t, svg.String(), ">"+line+"<")
		}
	}
}

// A report of which nothing is known yet: one sample, or lines without a point.
func TestLittle(t *testing.T) {
	for _, csv := range []string{"time (s),p50\n0,\n600,\n", "time (s),running\n0,5\n", "time (s),running\n0,5\n60,5\n"} {
		table, err := plot.Read(strings.NewReader(csv), "little.csv")
		require.NoError(t, err)
		require.NoError(t, plot.Chart{}.Draw(io.Discard, table, "svg"), csv)
		require.NoError(t, plot.Chart{}.Draw(io.Discard, table, "png"), csv)
	}
}

func TestDrawRefuses(t *testing.T) {
	line := func(y, spread float64) *plot.Table {
		return &plot.Table{Lines: []plot.Line{{Name: "a", Points: []plot.Point{{X: 1, Y: y, Spread: spread}, {X: 2, Y: 2}}}}}
	}
	for _, c := range []struct {
		chart plot.Chart
		table *plot.Table
		says  string
	}{
		{plot.Chart{Width: -10, Height: math.NaN()}, line(1, 0), "draw a chart: Width: -10: must be from 0 to 10000\nHeight: NaN: must be from 0 to 10000"},
		{plot.Chart{XMin: math.NaN(), XMax: 1, YMin: 2, YMax: 2}, line(1, 0), "draw a chart: XMin, XMax: NaN, 1: must be two numbers, the first one below the other\n" +
			"YMin, YMax: 2, 2: must be two numbers, the first one below the other"},
		{plot.Chart{}, line(math.Inf(1), 0), `draw line "a": +Inf ± 0 at 1 is too large`},
		{plot.Chart{}, line(0, 1e308), `draw line "a": 0 ± 1e+308 at 1 is too large`},
	} {
		require.EqualError(t, c.chart.Draw(io.Discard, c.table, "svg"), c.says)
	}
}

func TestPNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curves.png")
	require.NoError(t, plot.Chart{Width: 300, Height: 150}.Save(path, curves(t)))
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	config, err := png.DecodeConfig(file)
	require.NoError(t, err)
	require.InDelta(t, 2, float64(config.Width)/float64(config.Height), 0.01)
}

func TestSaveRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curves.gif")
	require.EqualError(t, plot.Chart{}.Save(path, curves(t)), `draw a chart: format "gif" is neither svg nor png`)
	require.NoFileExists(t, path)
}

package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
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

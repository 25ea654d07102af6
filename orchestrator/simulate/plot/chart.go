package plot

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// Chart is how a Table is drawn. The zero value will do.
type Chart struct {
	Title string // above the chart; empty: none
	Y     string // what the y axis says, with the unit; empty: nothing
	// What is shown of the axes, Min below Max. Both 0: as much as the points take.
	XMin, XMax, YMin, YMax float64
	// How large it is, in points of 1/72 inch, up to 10,000. 0: 640 and 400.
	Width, Height float64
}

// Draw draws a table in a format, which is "svg" or "png".
func (c Chart) Draw(w io.Writer, t *Table, format string) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("draw a chart: %w", err)
	}
	p, err := c.plot(t)
	if err != nil {
		return err
	}
	if format != "svg" && format != "png" {
		return fmt.Errorf("draw a chart: format %q is neither svg nor png", format)
	}
	image, err := p.WriterTo(size(c.Width, 640), size(c.Height, 400), format)
	if err != nil {
		return fmt.Errorf("draw a chart: %w", err)
	}
	_, err = image.WriteTo(w)
	return err
}

// largest is the most points that a chart is wide or high.
const largest = 10_000

// validate returns everything that can't be drawn, each with its field and value.
func (c *Chart) validate() error {
	var errs []error
	for _, of := range []struct {
		name   string
		points float64
	}{{"Width", c.Width}, {"Height", c.Height}} {
		if !(of.points >= 0 && of.points <= largest) {
			errs = append(errs, fmt.Errorf("%s: %v: must be from 0 to %d", of.name, of.points, largest))
		}
	}
	for _, of := range []struct {
		axis        string
		least, most float64
	}{{"X", c.XMin, c.XMax}, {"Y", c.YMin, c.YMax}} {
		switch {
		case of.least == 0 && of.most == 0:
		case !drawable(of.least) || !drawable(of.most) || of.least >= of.most:
			errs = append(errs, fmt.Errorf("%sMin, %sMax: %v, %v: must be two numbers, the first one below the other", of.axis, of.axis, of.least, of.most))
		}
	}
	return errors.Join(errs...)
}

// drawable reports whether it is a number that the axes have room for: near the end
// of 64 bits their ticks can't be worked out.
func drawable(v float64) bool { return math.Abs(v) <= 1e300 }

func size(points, otherwise float64) vg.Length {
	if points == 0 {
		points = otherwise
	}
	return vg.Length(points)
}

// Save draws a table into a file, in the format that the end of its name says.
// Nothing is left of the file where that fails.
func (c Chart) Save(path string, t *Table) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = errors.Join(c.Draw(file, t, strings.TrimPrefix(filepath.Ext(path), ".")), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// plot makes the lines, each with its band below it.
func (c Chart) plot(t *Table) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.Title, t.X, c.Y
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs, p.Legend.YOffs, p.Legend.Padding = vg.Points(10), vg.Points(-6), vg.Points(2)
	p.Add(plotter.NewGrid())
	for i, line := range t.Lines {
		if len(line.Points) == 0 {
			continue
		}
		for _, p := range line.Points {
			if !drawable(p.X) || !drawable(p.Y) || !drawable(p.Spread) {
				return nil, fmt.Errorf("draw line %q: %v ± %v at %v is too large", line.Name, p.Y, p.Spread, p.X)
			}
		}
		shade := plotutil.Color(i)
		if b, err := band(line, shade); err != nil {
			return nil, fmt.Errorf("draw line %q: %w", line.Name, err)
		} else if b != nil {
			p.Add(b)
		}
		drawn, err := plotter.NewLine(points(line))
		if err != nil {
			return nil, fmt.Errorf("draw line %q: %w", line.Name, err)
		}
		drawn.Color, drawn.Width = shade, vg.Points(1.5)
		drawn.Dashes = plotutil.Dashes(i / len(plotutil.DefaultColors)) // colours come again, with other dashes
		p.Add(drawn)
		p.Legend.Add(line.Name, drawn)
	}
	limit(&p.X, c.XMin, c.XMax)
	limit(&p.Y, c.YMin, c.YMax)
	return p, nil
}

func limit(a *plot.Axis, least, most float64) {
	if least != 0 || most != 0 {
		a.Min, a.Max = least, most
	}
}

func points(line Line) (xys plotter.XYs) {
	for _, p := range line.Points {
		xys = append(xys, plotter.XY{X: p.X, Y: p.Y})
	}
	return xys
}

// band returns the area that a line's spread covers; nil where there is none.
func band(line Line, shade color.Color) (*plotter.Polygon, error) {
	var above, around plotter.XYs
	some := false
	for _, p := range line.Points {
		above = append(above, plotter.XY{X: p.X, Y: p.Y + p.Spread})
		some = some || p.Spread > 0
	}
	if !some {
		return nil, nil
	}
	around = above
	for i := len(line.Points) - 1; i >= 0; i-- {
		p := line.Points[i]
		around = append(around, plotter.XY{X: p.X, Y: p.Y - p.Spread})
	}
	area, err := plotter.NewPolygon(around)
	if err != nil {
		return nil, err
	}
	r, g, b, _ := shade.RGBA()
	area.Color = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0x30}
	area.LineStyle.Width = 0
	return area, nil
}

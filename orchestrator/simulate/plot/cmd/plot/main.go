// Plot draws the curves of a CSV file as SVG or PNG.
//
//	go run ./cmd/plot -y "GPUs allocated (%)" -o curves.svg curves.csv
//
// The form of the file is that of the package: the first column is x, every other
// is a line, and a column "NAME ±" is the spread of the line NAME before it.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/coracle-dev/coracle/orchestrator/simulate/plot"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var c plot.Chart
	flags := flag.NewFlagSet("plot", flag.ContinueOnError)
	out := flags.String("o", "", "the `file` to draw into, which ends in .svg or .png; required")
	flags.StringVar(&c.Title, "title", "", "what is written above the chart")
	flags.StringVar(&c.Y, "y", "", "what the y axis says")
	flags.Float64Var(&c.Width, "width", 640, "how wide it is, in `points` of 1/72 inch")
	flags.Float64Var(&c.Height, "height", 400, "how high it is, in `points`")
	flags.Func("xrange", "what is shown of the x axis, as `FROM:TO`; default: everything", between(&c.XMin, &c.XMax))
	flags.Func("yrange", "what is shown of the y axis, as `FROM:TO`; default: everything", between(&c.YMin, &c.YMax))
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case *out == "":
		return fmt.Errorf("-o is required: the file to draw into")
	case flags.NArg() != 1:
		return fmt.Errorf("one CSV file is required, not %d", flags.NArg())
	case !(c.Width > 0 && c.Width <= 10000):
		return fmt.Errorf("-width %v: must be above 0, and at most 10000", c.Width)
	case !(c.Height > 0 && c.Height <= 10000):
		return fmt.Errorf("-height %v: must be above 0, and at most 10000", c.Height)
	}
	file, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	t, err := plot.Read(file, flags.Arg(0))
	if err != nil {
		return err
	}
	return c.Save(*out, t)
}

// between reads FROM:TO.
func between(least, most *float64) func(string) error {
	return func(text string) error {
		from, to, _ := strings.Cut(text, ":")
		var err error
		if *least, err = strconv.ParseFloat(from, 64); err == nil {
			*most, err = strconv.ParseFloat(to, 64)
		}
		if err != nil || !(*least < *most) {
			return fmt.Errorf("must be two numbers FROM:TO, the first one below the other")
		}
		return nil
	}
}

package plot_test

import (
	"bytes"
	"fmt"
	"log"
	"strings"

	"github.com/coracle-dev/coracle/orchestrator/simulate/plot"
)

// Two schedulers, and how far their curves varied.
func ExampleChart() {
	table, err := plot.Read(strings.NewReader("time (s),pack,pack ±,spread,spread ±\n0,0,0,0,0\n60,80,4,75,6\n"), "run.csv")
	if err != nil {
		log.Fatal(err)
	}
	var svg bytes.Buffer
	if err := (plot.Chart{Title: "Two schedulers", Y: "allocated (%)"}).Draw(&svg, table, "svg"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.X, len(table.Lines), strings.Contains(svg.String(), "<svg"))
	// Output: time (s) 2 true
}

// What is wrong with a file is said with line, column and value.
func ExampleRead() {
	_, err := plot.Read(strings.NewReader("time (s),pack\n0,1\n1m,2\n"), "run.csv")
	fmt.Println(err)
	// Output: run.csv:3: time (s) "1m" is not a number
}

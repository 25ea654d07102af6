package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
)

// curve is the mean of some curves, and how far they are apart.
type curve struct{ mean, spread []float64 }

// curveOf returns the mean and the standard deviation at each point.
func curveOf(outcomes []outcome, of func(o *outcome) []float64) (c curve) {
	for x := range of(&outcomes[0]) {
		values := make([]float64, len(outcomes))
		for i := range outcomes {
			values[i] = of(&outcomes[i])[x]
		}
		mean, spread := meanOf(values)
		c.mean, c.spread = append(c.mean, mean), append(c.spread, spread)
	}
	return c
}

// meanOf returns the mean, and the standard deviation of a sample: 0 of a single value.
func meanOf(values []float64) (mean, spread float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	if len(values) == 1 {
		return mean, 0
	}
	for _, v := range values {
		spread += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(spread / float64(len(values)-1))
}

func allocation(o *outcome) []float64    { return o.allocation }
func fragmentation(o *outcome) []float64 { return o.fragmentation }

// report writes the curves of allocation at every tenth percent, and how each ended.
func report(w io.Writer, names []string, outcomes [][]outcome) error {
	curves := make([]curve, len(names))
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "arrived %\t")
	for i, name := range names {
		curves[i] = curveOf(outcomes[i], allocation)
		fmt.Fprintf(out, "%s\t", name)
	}
	fmt.Fprintln(out)
	for x := 10; x < len(curves[0].mean); x += 10 {
		fmt.Fprintf(out, "%d\t", x)
		for _, c := range curves {
			fmt.Fprintf(out, "%.2f ± %.2f\t", c.mean[x], c.spread[x])
		}
		fmt.Fprintln(out)
	}
	if err := out.Flush(); err != nil {
		return err
	}

	fmt.Fprintln(w, "\nat the end, in percent of all GPUs:")
	fmt.Fprint(out, "policy\tallocated\tfree\tof those fragments\tpods\tfit nowhere\t\n")
	for i, name := range names {
		last := len(curves[i].mean) - 1
		fragments := curveOf(outcomes[i], fragmentation)
		pods, failed := 0.0, 0.0
		for _, o := range outcomes[i] {
			pods += float64(o.pods) / float64(len(outcomes[i]))
			failed += float64(o.failed) / float64(len(outcomes[i]))
		}
		fmt.Fprintf(out, "%s\t%.2f ± %.2f\t%.2f\t%.2f ± %.2f\t%.0f\t%.0f\t\n", name, curves[i].mean[last], curves[i].spread[last],
			100-curves[i].mean[last], fragments.mean[last], fragments.spread[last], pods, failed)
	}
	return out.Flush()
}

// writeCSV writes a curve for each policy, as orchestrator/simulate/plot reads
// them: the load that has arrived, then the mean and the spread of each.
func writeCSV(w io.Writer, names []string, outcomes [][]outcome, of func(o *outcome) []float64) error {
	out := csv.NewWriter(w)
	header := []string{"arrived load (% of GPUs)"}
	curves := make([]curve, len(names))
	for i, name := range names {
		curves[i] = curveOf(outcomes[i], of)
		header = append(header, name, name+" ±")
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for x := range curves[0].mean {
		row := []string{strconv.Itoa(x)}
		for _, c := range curves {
			row = append(row, number(c.mean[x]), number(c.spread[x]))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

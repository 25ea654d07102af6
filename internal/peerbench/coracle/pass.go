package coracle

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Pass times the scheduling pass of an engine alone: the part of a Step that gives each
// pod its node, commits that with the events, and keeps everything that the engine
// derives from its store. It can't be called from outside of the engine. So this
// runs BenchmarkSchedule of the package orchestrator once with "go test", from
// where the sources are: the working directory has to be a package of the comparison,
// or internal/peerbench itself. The benchmark makes the same nodes and pods as the workload.
func Pass(s workload.Size) (workload.Result, error) {
	if s.Bound > 0 {
		return workload.Result{}, boundRefused(s)
	}
	if s.Pods != 10*s.Nodes {
		return workload.Result{}, fmt.Errorf("%d pods for %d nodes: the benchmark has ten for each", s.Pods, s.Nodes)
	}
	if workload.Profile != nil {
		return workload.Result{}, fmt.Errorf("no profile can be made of another process: give -cpuprofile to go test ./orchestrator -bench Schedule")
	}
	root, err := output("list", "-m", "-f", "{{.Dir}}", "github.com/coracle-dev/coracle")
	if err != nil {
		return workload.Result{}, err
	}
	out, err := output("test", "-C", strings.TrimSpace(root), "./orchestrator", "-run", "^$",
		"-bench", "^BenchmarkSchedule$", "-benchtime", "1x", "-schedule.nodes", strconv.Itoa(s.Nodes))
	if err != nil {
		return workload.Result{}, err
	}
	return parse(out, s)
}

// output returns what a go command prints.
func output(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return string(out), nil
}

// parse reads the line of the benchmark, as
//
//	BenchmarkSchedule/nodes=1000/pods=10000-2   1   40000 placements/s   96 B/op   7 allocs/op
func parse(out string, s workload.Size) (workload.Result, error) {
	name := fmt.Sprintf("BenchmarkSchedule/nodes=%d/pods=%d", s.Nodes, s.Pods)
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != name && !strings.HasPrefix(fields[0], name+"-") {
			continue // the number of processors follows where there are several
		}
		figures := make(map[string]float64) // by unit
		for i := 2; i+1 < len(fields); i += 2 {
			figure, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return workload.Result{}, fmt.Errorf("read %q: %w", line, err)
			}
			figures[fields[i+1]] = figure
		}
		rate, allocs := figures["placements/s"], figures["allocs/op"]
		if rate <= 0 || allocs <= 0 {
			return workload.Result{}, fmt.Errorf("read %q: placements/s or allocs/op is missing", line)
		}
		return workload.Result{
			Placements: s.Pods,
			Elapsed:    time.Duration(math.Round(float64(s.Pods) / rate * float64(time.Second))),
			Allocs:     uint64(allocs),
		}, nil
	}
	return workload.Result{}, fmt.Errorf("no %s in what was printed:\n%s", name, out)
}

package simulate

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"
)

// WriteShares writes the shares of all samples as CSV, in percent: a column for
// the time in seconds, and for each resource one for what is allocated and one
// for how much of the rest is of no use.
func (r Report) WriteShares(w io.Writer) error {
	header, resources := []string{"time (s)"}, r.resources()
	for _, name := range resources {
		header = append(header, string(name)+" allocated", string(name)+" fragmented")
	}
	return r.write(w, header, func(s *Sample) (cells []string) {
		for _, name := range resources {
			share := s.Share(name)
			cells = append(cells, decimal(100*share.Allocated), decimal(100*share.Fragmented))
		}
		return cells
	})
}

// WriteCounts writes the counts of all samples as CSV.
func (r Report) WriteCounts(w io.Writer) error {
	header := []string{"time (s)", "waiting", "starting", "running", "succeeded", "failed", "evictions", "restarts"}
	return r.write(w, header, func(s *Sample) (cells []string) {
		for _, n := range []int{s.Waiting, s.Starting, s.Running, s.Succeeded, s.Failed, s.Evictions, s.Restarts} {
			cells = append(cells, strconv.Itoa(n))
		}
		return cells
	})
}

// WriteQueueing writes as CSV how long pods waited for a node, in seconds: of
// those that got one since the sample before. The cells are empty where none did.
func (r Report) WriteQueueing(w io.Writer) error {
	return r.write(w, []string{"time (s)", "p50", "p90", "p99", "max"}, func(s *Sample) []string {
		if s.Queued.Count == 0 {
			return []string{"", "", "", ""}
		}
		return []string{seconds(s.Queued.P50), seconds(s.Queued.P90), seconds(s.Queued.P99), seconds(s.Queued.Max)}
	})
}

// write writes a line for each sample, the first cell of which is its time.
func (r Report) write(w io.Writer, header []string, cells func(*Sample) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range r.Samples {
		at := strconv.FormatFloat(r.Samples[i].At.Seconds(), 'f', -1, 64) // in full, so that each is another
		if err := out.Write(append([]string{at}, cells(&r.Samples[i])...)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func seconds(d time.Duration) string { return decimal(d.Seconds()) }

// decimal writes a number with up to three places.
func decimal(x float64) string {
	return strconv.FormatFloat(float64(int64(x*1000+0.5))/1000, 'f', -1, 64)
}

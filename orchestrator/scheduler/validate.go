package scheduler

import (
	"fmt"
	"math"

	"github.com/coracle-dev/coracle/labels"
)

// Validate returns what is wrong with the policy as labels.FieldErrors, or nil: no
// policy at all, a filter without Fits, a scorer without Score, a weight that is no
// number. orchestrator.New asks for it; Pick does not look.
func (s *Policy) Validate() error {
	var errs labels.FieldErrors
	if s == nil {
		errs.Add("Policy", nil, "must not be a nil pointer: &scheduler.Policy{} is the default")
		return errs.Err()
	}
	for i, f := range s.Filters {
		if f.Fits == nil {
			errs.Add(fmt.Sprintf("Filters[%d].Fits", i), nil, fmt.Sprintf("must be given: filter %q asks nothing", f.Name))
		}
	}
	for i, f := range s.Scorers {
		if f.Score == nil {
			errs.Add(fmt.Sprintf("Scorers[%d].Score", i), nil, fmt.Sprintf("must be given: scorer %q says nothing", f.Name))
		}
		if math.IsNaN(f.Weight) || math.IsInf(f.Weight, 0) {
			errs.Add(fmt.Sprintf("Scorers[%d].Weight", i), f.Weight, fmt.Sprintf("must be a finite number: the weight of scorer %q", f.Name))
		}
	}
	return errs.Err()
}

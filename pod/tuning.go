package pod

import (
	"errors"
	"time"

	"github.com/coracle-dev/coracle/labels"
)

// The annotations of a pod that tune its restarts, each a duration of Go such
// as 500ms, 10s or 5m. What is not given is the cluster's.
const (
	// BackOffBaseAnnotation is how long the second restart in a row waits. Each further one waits twice as long.
	BackOffBaseAnnotation = "coracle.dev/restart-backoff-base"
	// BackOffCapAnnotation is how long a restart waits at most.
	BackOffCapAnnotation = "coracle.dev/restart-backoff-cap"
	// BackOffResetAnnotation is how long a container must have run for its restarts to be counted anew.
	BackOffResetAnnotation = "coracle.dev/restart-backoff-reset"
)

// Tuning is how the restarts of a pod's containers are delayed. A figure of 0
// is not given: the cluster's applies.
type Tuning struct {
	Base, Cap, Reset time.Duration
}

// RestartTuning reads the annotations that tune the pod's restarts. The error
// is a labels.FieldErrors that names every wrong one; what is right is returned all the same.
func (p *Pod) RestartTuning() (Tuning, error) {
	t, errs := restartTuning(p.Annotations, "metadata.annotations")
	return t, errs.Err()
}

// restartTuning reads the annotations at path.
func restartTuning(annotations map[string]string, path string) (Tuning, labels.FieldErrors) {
	var t Tuning
	if len(annotations) == 0 {
		return t, nil
	}
	var errs labels.FieldErrors
	for _, a := range [...]struct {
		key string
		to  *time.Duration
	}{
		{BackOffBaseAnnotation, &t.Base},
		{BackOffCapAnnotation, &t.Cap},
		{BackOffResetAnnotation, &t.Reset},
	} {
		text, given := annotations[a.key]
		if !given {
			continue
		}
		d, err := parseTuning(text)
		if err != nil {
			errs.Add(path+"["+a.key+"]", text, err.Error())
			continue
		}
		*a.to = d
	}
	if t.Base > 0 && t.Cap > 0 && t.Base > t.Cap {
		errs.Add(path+"["+BackOffCapAnnotation+"]", annotations[BackOffCapAnnotation],
			"must be no shorter than "+BackOffBaseAnnotation+", which is "+annotations[BackOffBaseAnnotation])
		t.Cap = 0
	}
	return t, errs
}

// parseTuning reads one figure.
func parseTuning(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New("must be a duration above 0 such as 500ms, 10s or 5m")
	}
	return d, nil
}

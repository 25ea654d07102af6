package main

import "github.com/coracle-dev/coracle/orchestrator/scheduler"

// oneRack is the scheduler: a pod goes to the rack that it names, if it names
// one, and there to the node with the fewest pods.
var oneRack = &scheduler.Policy{
	Filters: append(scheduler.DefaultFilters(), scheduler.Filter{Name: "Rack", Key: rack,
		Fits: func(r *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
			if want := rack(r); want != "" && n.Node.Labels["rack"] != want {
				return scheduler.Reason{What: "in another rack than " + want}
			}
			return scheduler.Reason{}
		}}),
	Scorers: []scheduler.Scorer{{Name: "Fewest", Key: rack,
		Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 { return 100 / float64(1+n.Pods) }}},
}

func rack(r *scheduler.Request) string { return r.Annotations["example.com/rack"] }

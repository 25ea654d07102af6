package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// load asks each service so many times a second until ctx ends, each time with a
// connection of its own, and prints who answered. It is an error if a request
// failed although an endpoint was ready.
func load(ctx context.Context, client *orchestrator.Client, perSecond int, killed *kills) error {
	counts := &counts{client: client, killed: killed, answers: make(map[string]int), shares: make(map[string]float64)}
	each := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	var group sync.WaitGroup
	for {
		select {
		case <-ctx.Done():
			group.Wait()
			return counts.report()
		case <-ticker.C:
		}
		view := client.View()
		for s := range view.Services().All(everything) {
			e, err := view.Endpoints().Get(s.Namespace, s.Name)
			if err == nil && len(s.Spec.Ports) > 0 && s.Spec.ClusterIP != "" {
				group.Go(func() { counts.ask(each, s, e) })
			}
		}
	}
}

// answerer is a process that may answer: that of a pod behind a service.
type answerer struct{ namespace, pod, id string }

// standing returns the processes behind a service.
func standing(client *orchestrator.Client, e *service.Endpoints) []answerer {
	var all []answerer
	for _, a := range readyAddresses(e) {
		if a.TargetRef == nil {
			continue
		}
		p, err := client.Pods().Get(a.TargetRef.Namespace, a.TargetRef.Name)
		if err == nil && len(p.Status.ContainerStatuses) > 0 {
			all = append(all, answerer{p.Namespace, p.Name, p.Status.ContainerStatuses[0].ContainerID})
		}
	}
	return all
}

// stood says whether a process was still there at a time. That one was killed is
// known only a moment later, so it takes settled to be sure that it was not.
func (x answerer) stood(client *orchestrator.Client, at time.Time) bool {
	again := time.NewTicker(settled / 100)
	defer again.Stop()
	for range 100 {
		p, err := client.Pods().Get(x.namespace, x.pod)
		if err != nil || len(p.Status.ContainerStatuses) == 0 {
			return true // nothing is known any more: let it count
		}
		status := p.Status.ContainerStatuses[0]
		for _, end := range []*pod.Terminated{status.State.Terminated, status.LastState.Terminated} {
			if end != nil && end.ContainerID == x.id {
				return end.FinishedAt.After(at.Add(reaped))
			}
		}
		if last := status.LastState.Terminated; last != nil && status.ContainerID != x.id {
			return last.StartedAt.After(at) // it ended before another one that has ended began
		}
		<-again.C
	}
	return true
}

// settled is how long after a failure the ends of processes are known, and reaped
// how long after its sockets were closed a process is recorded as ended.
const (
	settled = 2 * time.Second
	reaped  = 100 * time.Millisecond
)

// counts are what came of the load.
type counts struct {
	client *orchestrator.Client
	killed *kills

	mu       sync.Mutex
	asked    int
	unserved int                // failed, and no endpoint was ready
	waited   int                // answered, though no endpoint was ready when they came
	failed   []string           // although one was
	answers  map[string]int     // by pod, while the pods that were ready stayed the same
	shares   map[string]float64 // what each pod would have had if all that were ready had answered as often
}

// ask sends one request to a service with those endpoints.
func (c *counts) ask(client *http.Client, s *service.Service, e *service.Endpoints) {
	ready, began := standing(c.client, e), time.Now()
	who, err := answer(client, fmt.Sprintf("http://%s:%d/", s.Spec.ClusterIP, s.Spec.Ports[0].Port))
	failed, steady := false, false
	if err == nil && len(ready) > 0 {
		steady = c.steady(e, ready)
	}
	if err != nil && len(ready) > 0 {
		at := time.Now()
		failed = slices.ContainsFunc(ready, func(x answerer) bool { return !c.killed.before(x.id, at) && x.stood(c.client, at) })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	switch {
	case err == nil && len(ready) == 0:
		c.waited++
	case err == nil && !steady:
	case err == nil:
		c.answers[who]++
		for _, x := range ready {
			c.shares[x.pod] += 1 / float64(len(ready))
		}
	case failed:
		c.failed = append(c.failed, began.Format("15:04:05.000 ")+err.Error())
	default:
		c.unserved++
	}
}

// steady says whether those who may answer are the same a moment later: that one
// of them was killed is not known before.
func (c *counts) steady(e *service.Endpoints, ready []answerer) bool {
	wait := time.NewTimer(settled / 4)
	<-wait.C
	now, err := c.client.Endpoints().Get(e.Namespace, e.Name)
	return err == nil && slices.Equal(standing(c.client, now), ready)
}

// answer returns which pod answers.
func answer(client *http.Client, url string) (string, error) {
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, response.Status)
	}
	name := strings.TrimPrefix(string(body), "hello from ")
	name, _, _ = strings.Cut(name, ",")
	return name, nil
}

// report prints what came of it.
func (c *counts) report() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Printf("load: %d requests, %d failed although an endpoint was ready, %d while none was; %d waited for one\n",
		c.asked, len(c.failed), c.unserved, c.waited)
	for _, p := range slices.Sorted(maps.Keys(c.answers)) {
		share := math.Round(c.shares[p])
		fmt.Printf("load: %s answered %d between changes, an even share is %.0f (%+.1f %%)\n",
			p, c.answers[p], share, 100*(float64(c.answers[p])-share)/max(share, 1))
	}
	if len(c.failed) > 0 {
		return fmt.Errorf("%d requests failed although an endpoint was ready, such as %s", len(c.failed), c.failed[0])
	}
	return nil
}

package docker

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"
)

// pulls has every image pulled once for all who wait for it, and not too many at
// a time. A pull goes on when those who wait have left: what came of it is kept
// for the next one who asks.
type pulls struct {
	queue  chan *pull    // those to be begun
	places chan struct{} // one for each that may be under way

	mu   sync.Mutex
	jobs map[pullKey]*pull // under way, or ended with nobody there to hear of it
}

// pullKey tells pulls apart. Those who know different passwords do not share one.
type pullKey struct {
	reference
	with Credential
}

// pull is one pull of one image.
type pull struct {
	key      pullKey
	progress progress
	done     chan struct{} // closed when it has ended
	err      error         // set before done is closed
	took     time.Duration // from the moment it had a place; set before done is closed

	waiting int       // how many wait for it; of pulls.mu
	ended   time.Time // of pulls.mu; zero: it has not
}

const (
	// pullStall is how long the engine may say nothing of a pull before it is given up.
	pullStall = 5 * time.Minute
	// pullKept is how long the end of a pull is kept that nobody waited for.
	pullKept = 10 * time.Minute
)

func newPulls(atOnce int) *pulls {
	return &pulls{queue: make(chan *pull), places: make(chan struct{}, atOnce), jobs: make(map[pullKey]*pull)}
}

// join returns the pull of an image that is under way, or has ended unheard, or
// else begins one. The caller waits for it, or leaves.
func (ps *pulls) join(ctx context.Context, key pullKey) (*pull, error) {
	ps.mu.Lock()
	for k, old := range ps.jobs {
		if !old.ended.IsZero() && time.Since(old.ended) > pullKept {
			delete(ps.jobs, k)
		}
	}
	job, there := ps.jobs[key]
	if !there {
		job = &pull{key: key, done: make(chan struct{})}
		ps.jobs[key] = job
	}
	job.waiting++
	if !job.ended.IsZero() {
		delete(ps.jobs, key)
	}
	ps.mu.Unlock()
	if there {
		return job, nil
	}
	select {
	case ps.queue <- job:
		return job, nil
	case <-ctx.Done():
		ps.end(job, fmt.Errorf("pull image %q: it was not begun: %w", key.name, ctx.Err()))
		return nil, ctx.Err()
	}
}

// leave says that one who waited does not any more.
func (ps *pulls) leave(job *pull) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	job.waiting--
}

// end hands out what came of a pull, and keeps it where nobody is there.
func (ps *pulls) end(job *pull, err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	job.err, job.ended = err, time.Now()
	if job.waiting > 0 {
		delete(ps.jobs, job.key)
	}
	close(job.done)
}

// pullImages pulls what is asked for, until ctx ends.
func (r *Runtime) pullImages(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-r.pulls.queue:
			group.Go(func() { r.pulls.end(job, r.pullImage(ctx, job)) })
		}
	}
}

// pullImage has the engine pull an image when a place is free.
func (r *Runtime) pullImage(ctx context.Context, job *pull) error {
	select {
	case r.pulls.places <- struct{}{}:
		defer func() { <-r.pulls.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	began := time.Now()
	defer func() { job.took = time.Since(began).Round(time.Millisecond) }()
	options := docker.PullImageOptions{
		Repository: job.key.name, Tag: job.key.version,
		OutputStream: &job.progress, RawJSONStream: true, InactivityTimeout: pullStall, Context: ctx,
	}
	engine := bound(ctx, r.client)
	brings := r.brings(engine, job.key.reference)
	if err := r.client.PullImage(options, job.key.with.auth(job.key.registry)); err != nil {
		return err
	}
	err := job.progress.failure()
	if err == nil && brings {
		r.brought(ctx, engine, job.key.reference)
	}
	return err
}

// pullError puts into words what a user can do about a pull that failed.
func pullError(image string, ref reference, with Credential, known bool, err error) error {
	if err == nil {
		return nil
	}
	switch text := err.Error(); {
	case refused(err) && known:
		err = fmt.Errorf("registry %q does not take the credentials of user %q: %w", ref.registry, with.User, err)
	case refused(err):
		err = fmt.Errorf("registry %q asks for credentials, and there are none for it: %w", ref.registry, err)
	case says(text, "may require 'docker login'", "denied") && !known:
		err = fmt.Errorf("it does not exist, or registry %q asks for credentials, and there are none for it: %w", ref.registry, err)
	case says(text, "manifest unknown", "not found", "name unknown", "does not exist"):
		err = fmt.Errorf("no such image in registry %q: %w", ref.registry, err)
	}
	return fmt.Errorf("pull image %q: %w", image, err)
}

// refused reports whether a registry wants to know who asks.
func refused(err error) bool {
	status, _, _ := answer(err)
	return status == http.StatusUnauthorized ||
		says(err.Error(), "no basic auth credentials", "unauthorized", "authentication required", "401 Unauthorized", "incorrect username or password")
}

func says(text string, any ...string) bool {
	for _, a := range any {
		if strings.Contains(text, a) {
			return true
		}
	}
	return false
}

package docker

import (
	"context"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// remember makes sure that the runtime knows what there was before it. An
// attempt whose container was removed as garbage is known by the newer ones.
func (r *Runtime) remember(ctx context.Context) error {
	r.mu.Lock()
	listed := r.listed
	r.mu.Unlock()
	if listed {
		return nil
	}
	_, err := r.list(ctx)
	return err
}

// past reports whether an attempt is known to have been started, or to be older
// than one that was.
func (r *Runtime) past(ref orchestrator.ContainerRef) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	newest, ok := r.newest[key{ref.UID, ref.Container}]
	return ok && newest >= ref.Attempt
}

// note keeps that an attempt was started.
func (r *Runtime) note(ref orchestrator.ContainerRef) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{ref.UID, ref.Container}
	if newest, ok := r.newest[k]; !ok || newest < ref.Attempt {
		r.newest[k] = ref.Attempt
	}
}

// begin keeps that something was done for a pod, and when.
func (r *Runtime) begin(uid string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active[uid] = time.Now()
}

// forget drops what is known of a pod that was removed.
func (r *Runtime) forget(uid string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.infras, uid)
	delete(r.active, uid)
	delete(r.filled, uid)
	delete(r.looks, uid)
	for k := range r.newest {
		if k.uid == uid {
			delete(r.newest, k)
		}
	}
}

package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Remove kills what runs of the pod, and deletes its directory with everything
// in it (logs, exit records), its volumes, its control groups and its address.
// What hostPath volumes name stays. The pod is in List until all of it
// has ended; a Remove that was cut short is finished by the next one or by New.
//
// Nothing outside of the pod's directory and that of its volumes is deleted, and
// no symbolic link followed.
func (r *Runtime) Remove(ctx context.Context, uid string) error {
	if !safeSegment(uid) {
		return fmt.Errorf("remove pod: uid %q can not be the name of a directory", uid)
	}
	if err := r.remove(ctx, uid); err != nil {
		return fmt.Errorf("remove pod %q: %w", uid, err)
	}
	return nil
}

func (r *Runtime) remove(ctx context.Context, uid string) error {
	for {
		err := r.killPod(ctx, uid)
		if err != nil {
			return err
		}
		err = r.alone(ctx, func() error { return r.detachPod(uid) })
		if err == nil {
			return errors.Join(r.buryPod(uid), r.volumes.TearDown(ctx, uid))
		}
		if !errors.Is(err, errLocked) {
			return err
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil { // it was started again meanwhile
			return err
		}
	}
}

// killPod kills all attempts of a pod.
func (r *Runtime) killPod(ctx context.Context, uid string) error {
	all, err := r.attemptsOfPod(uid)
	if err != nil {
		return err
	}
	for _, a := range all { // all of them first, then wait
		if w, err := r.follow(a); err == nil && w != nil {
			if _, err := a.setDeadline(sinceBoot()); err == nil {
				w.signal(unix.SIGTERM)
			}
		}
	}
	for _, a := range all {
		if !a.used() {
			continue // detachPod takes care of it
		}
		if err := r.stop(ctx, a, 0); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) attemptsOfPod(uid string) ([]attempt, error) {
	containers, err := names(filepath.Join(r.podDir(uid), containersDir))
	if err != nil {
		return nil, err
	}
	var out []attempt
	for _, name := range containers {
		all, err := attemptsOf(r.containerDir(uid, name), uid, name)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}

// detachPod takes a pod of which nothing runs out of List and frees its address,
// or returns errLocked. The directory is moved aside as a whole: after that the
// pod is gone, whatever happens. The caller is alone.
func (r *Runtime) detachPod(uid string) error {
	rec, err := r.record(uid)
	if err := r.lockAndMove(uid); err != nil {
		return err
	}
	r.forget(uid)
	if err != nil {
		return nil
	}
	return r.addresses.free(rec.IP, addressOwner{r.node, uid})
}

// buryPod deletes what was moved aside of a pod, now or before a crash.
func (r *Runtime) buryPod(uid string) error {
	all, err := allNames(r.pods)
	errs := []error{err}
	for _, name := range all {
		if strings.HasPrefix(name, deleting+uid+"~") {
			errs = append(errs, removeTree(filepath.Join(r.pods, name)))
		}
	}
	return errors.Join(errs...)
}

// lockAndMove holds the locks of all attempts while the pod's directory is moved
// aside, so that no supervisor can begin in between.
func (r *Runtime) lockAndMove(uid string) error {
	all, err := r.attemptsOfPod(uid)
	if err != nil {
		return err
	}
	for _, a := range all {
		lock, err := lockFile(a.path(lockName))
		if isMissing(err) {
			continue
		}
		if err != nil {
			return err
		}
		defer lock.Close()
		spec, _ := a.spec()
		if err := spec.Cgroup.remove(); err != nil {
			return err
		}
	}
	err = os.Rename(r.podDir(uid), filepath.Join(r.pods, deleting+uid+"~"+rand.Text()[:8]))
	if err != nil && !isMissing(err) {
		return err
	}
	return nil
}

// forget drops what is remembered of a pod.
func (r *Runtime) forget(uid string) {
	below := r.podDir(uid) + string(filepath.Separator)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.records, uid)
	for dir := range r.exits {
		if strings.HasPrefix(dir, below) {
			delete(r.exits, dir)
		}
	}
	for dir := range r.runs {
		if strings.HasPrefix(dir, below) {
			delete(r.runs, dir)
		}
	}
	for dir := range r.watches {
		if strings.HasPrefix(dir, below) {
			delete(r.watches, dir)
		}
	}
}

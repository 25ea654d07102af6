package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// podRecord is the content of pod.json: what is said once about a pod.
type podRecord struct {
	UID, Namespace, Name string
	IP                   string
	Volumes              []volume.Record
}

// volumesDir, beside the pods, has the volumes of each pod: see mount.Volumes.
const volumesDir = "volumes"

// The parts of a pod's directory, Dir/nodes/<node>/pods/<uid>.
const (
	podFile       = "pod.json"
	containersDir = "containers"
	workDir       = "work" // where programs start that say nothing else
)

func (r *Runtime) podDir(uid string) string { return filepath.Join(r.pods, uid) }

func (r *Runtime) containerDir(uid, container string) string {
	return filepath.Join(r.pods, uid, containersDir, container)
}

// attempt returns where an attempt is or would be. It refuses names that would
// lead out of the pod's directory.
func (r *Runtime) attempt(ref orchestrator.ContainerRef) (attempt, error) {
	if !safeSegment(ref.UID) {
		return attempt{}, fmt.Errorf("uid %q can not be the name of a directory", ref.UID)
	}
	if !safeSegment(ref.Container) {
		return attempt{}, fmt.Errorf("container name %q can not be that of a directory", ref.Container)
	}
	if ref.Attempt < 0 {
		return attempt{}, fmt.Errorf("attempt %d is negative", ref.Attempt)
	}
	return attempt{ref, filepath.Join(r.containerDir(ref.UID, ref.Container), strconv.Itoa(ref.Attempt))}, nil
}

// alone runs fn while no other host program changes which pods and attempts
// this node has. fn does not wait for anything but the disk.
func (r *Runtime) alone(ctx context.Context, fn func() error) error {
	f, err := waitLock(ctx, filepath.Join(r.dir, lockName))
	if err != nil {
		return err
	}
	defer f.Close()
	return fn()
}

// record returns what is known of a pod. The error is fs.ErrNotExist where
// there is none. Records never change.
func (r *Runtime) record(uid string) (rec podRecord, err error) {
	r.mu.Lock()
	known, ok := r.records[uid]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	err = readJSON(filepath.Join(r.podDir(uid), podFile), &rec)
	if err == nil {
		r.mu.Lock()
		r.records[uid] = rec
		r.mu.Unlock()
	}
	return rec, err
}

// setUpPod makes the pod's directory and address unless they are there, and
// writes down its volumes. The caller is alone. Everything is made beside its place and then moved to
// it, so that a pod is there whole or not at all.
func (r *Runtime) setUpPod(p *pod.Pod, volumes []volume.Record) (podRecord, error) {
	err := readJSON(filepath.Join(r.podDir(p.UID), podFile), &podRecord{})
	if err == nil {
		return r.record(p.UID)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return podRecord{}, err
	}
	rec := podRecord{UID: p.UID, Namespace: or(p.Namespace, labels.DefaultNamespace), Name: p.Name, Volumes: volumes}
	draft := filepath.Join(r.pods, making+p.UID)
	if err := removeTree(draft); err != nil {
		return podRecord{}, err
	}
	if rec, err = r.draftPod(p, rec, draft); err == nil {
		err = os.Rename(draft, r.podDir(p.UID))
	}
	if err != nil {
		removeTree(draft)
		return podRecord{}, errors.Join(err, r.addresses.free(rec.IP, addressOwner{r.node, p.UID}))
	}
	return rec, syncDir(r.pods)
}

func (r *Runtime) draftPod(p *pod.Pod, rec podRecord, draft string) (podRecord, error) {
	for _, name := range []string{containersDir, workDir} {
		if err := os.MkdirAll(filepath.Join(draft, name), 0o755); err != nil {
			return rec, err
		}
	}
	ip, err := r.addresses.take(addressOwner{r.node, p.UID})
	if err != nil {
		return rec, err
	}
	rec.IP = ip
	return rec, writeJSON(filepath.Join(draft, podFile), rec, 0o644, synced)
}

// setUpAttempt makes the directory of an attempt with everything its supervisor
// needs, and deletes those that are no longer kept. The caller is alone.
func (r *Runtime) setUpAttempt(a attempt, spec attemptSpec) error {
	at := filepath.Dir(a.dir)
	draft := filepath.Join(at, making+strconv.Itoa(a.Attempt))
	if err := errors.Join(removeTree(draft), os.MkdirAll(draft, 0o755)); err != nil {
		return err
	}
	err := os.WriteFile(filepath.Join(draft, lockName), nil, 0o600)
	if err == nil {
		err = writeJSON(filepath.Join(draft, specFile), spec, 0o600, unsynced)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(draft, messageFile), nil, 0o644)
	}
	if err == nil {
		err = os.Rename(draft, a.dir)
	}
	if err != nil {
		removeTree(draft)
		return err
	}
	if err := syncDir(at); err != nil {
		return err
	}
	return r.prune(a)
}

// kept is how many attempts of a container stay on disk: the newest ones.
const kept = 2

// prune deletes the attempts before a that are no longer kept and have ended.
func (r *Runtime) prune(a attempt) error {
	all, err := attemptsOf(filepath.Dir(a.dir), a.UID, a.Container)
	if err != nil {
		return err
	}
	for i := 0; i < len(all)-kept; i++ {
		if all[i].Attempt < a.Attempt {
			if err := r.deleteAttempt(all[i]); err != nil && !errors.Is(err, errLocked) {
				return err
			}
		}
	}
	return nil
}

// deleteAttempt deletes an attempt that no supervisor has, or returns errLocked.
// A supervisor that is still on its way finds its lock gone and gives up; one
// that has written its exit record has nothing left to do.
func (r *Runtime) deleteAttempt(a attempt) error {
	lock, err := lockFile(a.path(lockName))
	if err != nil && !isMissing(err) && !exists(a.path(exitFile)) {
		return err
	}
	if lock != nil {
		defer lock.Close()
	}
	spec, run, sameBoot := a.remains()
	if sameBoot && !exists(a.path(exitFile)) {
		if err := killLeftovers(spec, run); err != nil {
			return err
		}
	}
	if err := spec.Cgroup.remove(); err != nil {
		return err
	}
	gone := filepath.Join(filepath.Dir(a.dir), deleting+strconv.Itoa(a.Attempt)+"-"+rand.Text()[:8])
	if err := os.Rename(a.dir, gone); err != nil && !isMissing(err) {
		return err
	}
	r.mu.Lock()
	delete(r.exits, a.dir)
	r.mu.Unlock()
	return removeTree(gone)
}

// tidy finishes what a crash left half done: it deletes drafts and what was
// being deleted, attempts that never began, pods without attempts, and
// addresses without pods. The caller is alone.
func (r *Runtime) tidy() error {
	if err := errors.Join(sweep(r.dir), sweep(r.pods)); err != nil {
		return err
	}
	uids, err := names(r.pods)
	if err != nil {
		return err
	}
	for _, uid := range uids {
		if err := r.tidyPod(uid); err != nil {
			return fmt.Errorf("tidy pod %q: %w", uid, err)
		}
	}
	return r.addresses.freeOrphans(r.node, func(uid, ip string) bool {
		rec, err := r.record(uid)
		return err == nil && rec.IP == ip
	})
}

func (r *Runtime) tidyPod(uid string) error {
	containers, err := names(filepath.Join(r.podDir(uid), containersDir))
	if err != nil {
		return err
	}
	left := 0
	for _, name := range containers {
		if err := sweep(r.containerDir(uid, name)); err != nil {
			return err
		}
		all, err := attemptsOf(r.containerDir(uid, name), uid, name)
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.used() {
				left++
				continue
			}
			if err := r.deleteAttempt(a); errors.Is(err, errLocked) {
				left++
			} else if err != nil {
				return err
			}
		}
	}
	if left == 0 {
		return errors.Join(r.detachPod(uid), r.buryPod(uid))
	}
	return nil
}

// sweep deletes the hidden entries of a directory.
func sweep(dir string) error {
	all, err := allNames(dir)
	if err != nil {
		return err
	}
	for _, name := range all {
		if name[0] == '.' {
			if err := removeTree(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

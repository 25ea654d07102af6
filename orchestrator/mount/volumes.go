package mount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// Volumes are the volumes of the pods of one node, below a directory of this
// machine. Its methods may be called by several goroutines at a time, and by
// several programs: a pod is locked while its volumes are set up or torn down.
type Volumes struct {
	// Dir has a directory for each pod, by its uid, and in that one for each
	// volume. It is made where it is missing. Required.
	Dir string
	// Sources of the volumes.
	Sources Sources
	// Warn is told of what volumes ask for and do not get. Default: nobody is.
	Warn func(text string)

	mu     sync.Mutex
	counts map[string]count // by path of a volume with a limit
}

// count is what a volume had in it when it was counted last.
type count struct {
	used int64
	next time.Time
}

// SetUp sets up all volumes of a pod, in the order of volume.Plan, and hands
// their records to keep in the order of the pod. Nobody tears them down before
// keep has returned; its error is returned.
//
// It goes on where an earlier call stopped, whatever stopped that. After an
// error the volumes that are complete stay, for the next call.
func (v *Volumes) SetUp(ctx context.Context, p *pod.Pod, keep func([]volume.Record) error) error {
	if len(p.Spec.Volumes) == 0 {
		return keep(nil)
	}
	locked, err := v.lock(ctx, p.UID)
	if err != nil {
		return err
	}
	defer locked.Close()
	records := make(map[string]volume.Record, len(p.Spec.Volumes))
	for _, want := range volume.Plan(p.Spec.Volumes, nil).SetUp {
		rec, err := v.setUp(ctx, p, want)
		if err != nil {
			return fmt.Errorf("set up volume %q: %w", want.Name, err)
		}
		records[want.Name] = rec
	}
	ordered := make([]volume.Record, 0, len(records))
	for _, want := range p.Spec.Volumes {
		ordered = append(ordered, records[want.Name])
	}
	return keep(ordered)
}

func (v *Volumes) setUp(ctx context.Context, p *pod.Pod, want pod.Volume) (volume.Record, error) {
	if !safeName(want.Name) {
		return volume.Record{}, errors.New("the name can not be that of a directory")
	}
	plugin, err := v.Sources.Plugin(&want, v.Warn)
	if err != nil {
		return volume.Record{}, err
	}
	dir, err := filepath.Abs(filepath.Join(v.Dir, p.UID, want.Name))
	if err != nil {
		return volume.Record{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return volume.Record{}, err
	}
	if err := note(dir, want); err != nil { // so that it can be torn down after a crash
		return volume.Record{}, err
	}
	rec, err := plugin.SetUp(ctx, Request{Pod: p, Volume: want, Dir: dir})
	rec.Name, rec.Source, rec.Limit = want.Name, want.Source(), volume.Limit(&want)
	if want.FlexVolume != nil {
		rec.Driver = want.FlexVolume.Driver
	}
	return rec, err
}

// note writes down what a volume is, unless that was done before.
func note(dir string, want pod.Volume) error {
	at := filepath.Join(dir, wantFile)
	if _, err := os.Stat(at); err == nil {
		return nil
	}
	text, err := json.Marshal(want)
	if err != nil {
		return err
	}
	draft := at + ".new"
	if err := os.WriteFile(draft, text, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, at)
}

// Fault says which of the volumes is lost and how, or nothing: see volume.Fault.
// What is in a volume with a limit is counted now and then, not at every call.
func (v *Volumes) Fault(ctx context.Context, records []volume.Record) string {
	for _, rec := range records {
		plugin := v.pluginOf(rec)
		if plugin == nil || !rec.There {
			continue
		}
		now, err := v.check(ctx, plugin, rec)
		if err != nil {
			continue // not known now
		}
		if fault := volume.Fault(rec, now); fault != "" {
			return fault
		}
	}
	return ""
}

// pluginOf returns what made the volume of a record.
func (v *Volumes) pluginOf(rec volume.Record) Plugin {
	switch rec.Source {
	case pod.SourceHostPath:
		return hostPath{}
	case pod.SourceGCEDisk, pod.SourceAWSDisk:
		return disk{v.Sources.Disks}
	case pod.SourceFlex:
		return v.Sources.Plugins[rec.Driver]
	}
	return directory{}
}

// check reads a volume, and counts what is in it when that is due.
func (v *Volumes) check(ctx context.Context, plugin Plugin, rec volume.Record) (volume.Reading, error) {
	if rec.Limit == 0 {
		return plugin.Check(ctx, rec)
	}
	v.mu.Lock()
	last := v.counts[rec.Path]
	v.mu.Unlock()
	begin := time.Now()
	uncounted := rec
	if begin.Before(last.next) {
		uncounted.Limit = 0
	}
	now, err := plugin.Check(ctx, uncounted)
	if err != nil {
		return now, err
	}
	if uncounted.Limit == 0 {
		now.Used = last.used
		return now, nil
	}
	end := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.counts == nil {
		v.counts = make(map[string]count)
	}
	v.counts[rec.Path] = count{now.Used, volume.CountAgain(end.Sub(begin), end)}
	return now, nil
}

// TearDown takes down the volumes of a pod, also those that were never complete,
// and deletes what was in them. An unknown pod is no error. After an error what
// is left is there still, and the next call goes on.
func (v *Volumes) TearDown(ctx context.Context, uid string) error {
	if _, err := os.Lstat(filepath.Join(v.Dir, uid)); isMissing(err) {
		return nil
	}
	locked, err := v.lock(ctx, uid)
	if err != nil {
		return err
	}
	defer locked.Close()
	return v.tearDown(ctx, uid)
}

func (v *Volumes) tearDown(ctx context.Context, uid string) error {
	above := filepath.Join(v.Dir, uid)
	have, err := directories(above)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range volume.Plan(nil, have).TearDown {
		if err := v.tearDownOne(ctx, filepath.Join(above, name)); err != nil {
			errs = append(errs, fmt.Errorf("tear down volume %q: %w", name, err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	v.mu.Lock()
	for path := range v.counts {
		if strings.HasPrefix(path, above+string(filepath.Separator)) {
			delete(v.counts, path)
		}
	}
	v.mu.Unlock()
	return removeTree(above)
}

// tearDownOne takes down the volume of a directory, and deletes that. It never
// deletes what something is mounted on.
func (v *Volumes) tearDownOne(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	want, err := noted(dir)
	if err == nil {
		plugin, err := v.Sources.Plugin(&want, v.Warn)
		if err != nil {
			return err
		}
		if err := plugin.TearDown(ctx, dir); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch left, err := mounted(dir); {
	case err != nil:
		return err
	case len(left) > 0:
		return fmt.Errorf("%q is still mounted", left[0])
	}
	return removeTree(dir)
}

// noted reads what the volume of a directory is. The error is fs.ErrNotExist
// where its set-up never began.
func noted(dir string) (v pod.Volume, err error) {
	text, err := os.ReadFile(filepath.Join(dir, wantFile))
	if isMissing(err) {
		return v, fs.ErrNotExist
	}
	if err == nil && json.Unmarshal(text, &v) != nil {
		return v, fs.ErrNotExist // torn by a power failure: nothing came after it
	}
	return v, err
}

// Tidy takes down the volumes of pods that are unknown: what a crash left between
// their set-up and the moment that they were written down. Pods that are locked
// are left alone.
func (v *Volumes) Tidy(ctx context.Context, known func(uid string) bool) error {
	uids, err := directories(v.Dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, uid := range uids {
		locked, err := lock(ctx, filepath.Join(v.Dir, uid), false)
		if err != nil {
			continue
		}
		if !known(uid) {
			errs = append(errs, v.tearDown(ctx, uid))
		}
		locked.Close()
	}
	return errors.Join(errs...)
}

// lock locks the volumes of a pod until what it returns is closed.
func (v *Volumes) lock(ctx context.Context, uid string) (io.Closer, error) {
	if !safeName(uid) {
		return nil, fmt.Errorf("uid %q can not be the name of a directory", uid)
	}
	dir := filepath.Join(v.Dir, uid)
	for {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		held, err := lock(ctx, dir, true)
		if !isMissing(err) {
			return held, err
		}
	}
}

// safeName reports whether a name can be that of one directory.
func safeName(name string) bool {
	return name != "" && name[0] != '.' && len(name) < 254 && !strings.ContainsAny(name, "/\\\x00")
}

// directories lists the directories in one, sorted; one that is missing is empty.
func directories(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if isMissing(err) {
		return nil, nil
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !e.IsDir() || !safeName(e.Name()) })
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

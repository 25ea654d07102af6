package orchtest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/volume"
)

// exists reports whether there is something at a path.
func exists(path ...string) bool {
	_, err := os.Lstat(filepath.Join(path...))
	return err == nil
}

var volumeMutants = map[string]volumeMutant{
	"none":            {},
	"none that stays": {stays: true},

	"makes nothing": {
		fails: []string{"SetUpMakesIt", "CheckFindsItWell"},
		setUp: func(_ *defectiveVolume, _ context.Context, r mount.Request) (volume.Record, error) {
			return volume.Record{Path: filepath.Join(r.Dir, "none"), There: true}, nil
		},
	},
	"makes it anew each time": {
		fails: []string{"SetUpTwice", "SetUpAfterCrash"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			if err := d.Plugin.TearDown(ctx, r.Dir); err != nil {
				return volume.Record{}, err
			}
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"remembers in memory": {
		fails: []string{"SetUpAfterCrash"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			if !d.known[r.Dir] {
				if err := d.Plugin.TearDown(ctx, r.Dir); err != nil {
					return volume.Record{}, err
				}
			}
			d.known[r.Dir] = true
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"is in its own way after an interruption": {
		fails: []string{"SetUpAfterInterruption"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			busy := filepath.Join(r.Dir, "busy")
			if exists(busy) {
				return volume.Record{}, errors.New("busy")
			}
			if err := errors.Join(os.WriteFile(busy, nil, 0o600), ctx.Err()); err != nil {
				return volume.Record{}, err
			}
			return first(d.Plugin.SetUp(ctx, r))(os.Remove(busy))
		},
	},
	"can not be torn down after an interruption": {
		fails: []string{"TearDownAfterInterruption"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			busy := filepath.Join(r.Dir, "busy")
			if err := errors.Join(os.WriteFile(busy, nil, 0o600), ctx.Err()); err != nil {
				return volume.Record{}, err
			}
			return first(d.Plugin.SetUp(ctx, r))(os.Remove(busy))
		},
		tearDown: func(d *defectiveVolume, ctx context.Context, dir string) error {
			if exists(dir, "busy") {
				return errors.New("busy")
			}
			return d.Plugin.TearDown(ctx, dir)
		},
	},
	"takes what is bad": {
		fails: []string{"SetUpRefuses"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"does not listen to its context": {
		fails: []string{"ContextEndsSetUp"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			if f := r.Volume.FlexVolume; f != nil && f.Driver == "hangs" {
				select {}
			}
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"shares one directory": {
		fails: []string{"VolumesAreApart", "ManyAtOnce"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			r.Dir = filepath.Join(filepath.Dir(r.Dir), "shared")
			if err := os.MkdirAll(r.Dir, 0o755); err != nil {
				return volume.Record{}, err
			}
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"does one thing at a time": {
		fails: []string{"ManyAtOnce"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			defer d.calls.Add(-1)
			if d.calls.Add(1) > 1 {
				return volume.Record{}, errors.New("busy")
			}
			alone := time.NewTimer(50 * time.Millisecond)
			defer alone.Stop()
			<-alone.C
			return d.Plugin.SetUp(ctx, r)
		},
	},
	"always complains": {
		fails: []string{"CheckFindsItWell", "SetUpAfterCrash"},
		check: func(*defectiveVolume, context.Context, volume.Record) (volume.Reading, error) {
			return volume.Reading{Problem: "I do not like it"}, nil
		},
	},
	"never complains": {
		fails: []string{"CheckFindsItBroken", "CheckCounts"},
		check: func(*defectiveVolume, context.Context, volume.Record) (volume.Reading, error) {
			return volume.Reading{}, nil
		},
	},
	"does not count": {
		fails: []string{"CheckCounts"},
		check: func(d *defectiveVolume, ctx context.Context, rec volume.Record) (volume.Reading, error) {
			rec.Limit = 0
			return d.Plugin.Check(ctx, rec)
		},
	},
	"tears nothing down": {
		fails:    []string{"TearDownLeavesNothing", "SetUpAfterTearDown"},
		tearDown: func(*defectiveVolume, context.Context, string) error { return nil },
	},
	"deletes what stays": {
		stays: true,
		fails: []string{"TearDownLeavesWhatStays"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			if r.Volume.HostPath == nil {
				return volume.Record{}, errors.New("it is bad")
			}
			return first(d.Plugin.SetUp(ctx, r))(os.WriteFile(filepath.Join(r.Dir, "path"), []byte(r.Volume.HostPath.Path), 0o600))
		},
		tearDown: func(_ *defectiveVolume, _ context.Context, dir string) error {
			path, err := os.ReadFile(filepath.Join(dir, "path"))
			if err != nil {
				return nil
			}
			return os.RemoveAll(string(path))
		},
	},
	"wants to know what it tears down": {
		fails: []string{"TearDownTwice", "TearDownUnknown"},
		tearDown: func(d *defectiveVolume, ctx context.Context, dir string) error {
			if !exists(dir, "data") {
				return errors.New("there is no such volume")
			}
			return d.Plugin.TearDown(ctx, dir)
		},
	},
	"wants what it tears down to be well": {
		fails: []string{"TearDownBroken"},
		tearDown: func(d *defectiveVolume, ctx context.Context, dir string) error {
			if exists(dir, "ready") && !exists(dir, "data") {
				return errors.New("it is broken")
			}
			return d.Plugin.TearDown(ctx, dir)
		},
	},
	"brings back what was torn down": {
		fails: []string{"SetUpAfterTearDown"},
		setUp: func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error) {
			if r.Volume.FlexVolume != nil {
				return volume.Record{}, errors.New("it is bad")
			}
			os.Rename(filepath.Join(r.Dir, "old"), filepath.Join(r.Dir, "data"))
			return d.Plugin.SetUp(ctx, r)
		},
		tearDown: func(d *defectiveVolume, ctx context.Context, dir string) error {
			if err := os.Rename(filepath.Join(dir, "ready"), filepath.Join(dir, "ready.old")); err != nil {
				return d.Plugin.TearDown(ctx, dir)
			}
			return errors.Join(os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "old")),
				os.Rename(filepath.Join(dir, "ready.old"), filepath.Join(dir, "ready")))
		},
	},
}

// first returns a record with its error, and another one that came after it.
func first(rec volume.Record, err error) func(error) (volume.Record, error) {
	return func(after error) (volume.Record, error) { return rec, errors.Join(err, after) }
}

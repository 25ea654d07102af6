package orchtest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// As with runtimes: every mutant is a plug-in with one defect, and has to fail
// the tests named for it, in a process of its own.

const volumeMutantVariable = "ORCHTEST_VOLUME_MUTANT"

func TestEveryVolumeTestCanFail(t *testing.T) {
	t.Parallel()
	all := append(volumeRun.outcomes(t, "none", ".", "PASS"), volumeRun.outcomes(t, "none that stays", ".", "PASS")...)
	requireCanFail(t, volumeRun, all, volumeMutants, func(m volumeMutant) []string { return m.fails })
}

// volumeRun runs the suite on a mutant: in a process of its own.
var volumeRun = mutantRun{"TestVolumeMutant", volumeMutantVariable, nil, false}

// TestVolumeMutant runs the suite on the mutant that the environment names.
func TestVolumeMutant(t *testing.T) {
	name := os.Getenv(volumeMutantVariable)
	if name == "" {
		t.Log("runs only as a part of TestEveryVolumeTestCanFail")
		return
	}
	m, ok := volumeMutants[name]
	require.True(t, ok)
	orchtest.Volume(t, volumeHarness(m))
}

// volumeMutant is one defect: what is done in place of a method, and the tests that must fail.
type volumeMutant struct {
	fails    []string
	stays    bool // of a plug-in whose volumes stay
	setUp    func(d *defectiveVolume, ctx context.Context, r mount.Request) (volume.Record, error)
	check    func(d *defectiveVolume, ctx context.Context, rec volume.Record) (volume.Reading, error)
	tearDown func(d *defectiveVolume, ctx context.Context, dir string) error
}

// defectiveVolume is a plug-in that works, with a defect.
type defectiveVolume struct {
	mount.Plugin
	volumeMutant
	known map[string]bool // what it remembers, and should not
	calls atomic.Int64
}

func (d *defectiveVolume) SetUp(ctx context.Context, r mount.Request) (volume.Record, error) {
	if f := r.Volume.FlexVolume; f != nil && f.Driver == "bad" && d.setUp == nil {
		return volume.Record{}, errors.New("it is bad")
	} else if f != nil && d.setUp == nil {
		<-ctx.Done()
		return volume.Record{}, ctx.Err()
	}
	if d.setUp != nil {
		return d.setUp(d, ctx, r)
	}
	return d.Plugin.SetUp(ctx, r)
}

func (d *defectiveVolume) Check(ctx context.Context, rec volume.Record) (volume.Reading, error) {
	if d.check != nil {
		return d.check(d, ctx, rec)
	}
	return d.Plugin.Check(ctx, rec)
}

func (d *defectiveVolume) TearDown(ctx context.Context, dir string) error {
	if d.tearDown != nil {
		return d.tearDown(d, ctx, dir)
	}
	return d.Plugin.TearDown(ctx, dir)
}

func volumeHarness(m volumeMutant) orchtest.VolumeHarness {
	limit := pod.MustParseQuantity("1Mi")
	flex := func(driver string) func(*testing.T, string) pod.Volume {
		return func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, FlexVolume: &pod.FlexVolume{Driver: driver}}
		}
	}
	h := orchtest.VolumeHarness{
		Volume: func(*testing.T, string) pod.Volume { panic("set below") },
		Bad:    flex("bad"), Hangs: flex("hangs"), Stays: m.stays, Soon: 10 * time.Second,
		Limited: func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, EmptyDir: &pod.EmptyDir{SizeLimit: &limit}}
		},
	}
	h.Volume = func(t *testing.T, name string) pod.Volume {
		if m.stays {
			return pod.Volume{Name: name, HostPath: &pod.HostPath{Path: filepath.Join(t.TempDir(), name), Type: "DirectoryOrCreate"}}
		}
		return pod.Volume{Name: name, EmptyDir: &pod.EmptyDir{}}
	}
	if m.stays {
		h.Limited = nil
	}
	h.New = func(t *testing.T) mount.Plugin {
		v := h.Volume(t, "any")
		works, err := mount.Sources{}.Plugin(&v, nil)
		require.NoError(t, err)
		return &defectiveVolume{Plugin: works, volumeMutant: m, known: make(map[string]bool)}
	}
	return h
}

package volume_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

func TestPlan(t *testing.T) {
	git := pod.Volume{Name: "git", GitRepo: &pod.GitRepo{}}
	dl := pod.Volume{Name: "dl", Download: &pod.Download{}}
	empty := pod.Volume{Name: "empty"}
	disk := pod.Volume{Name: "disk", GCEPersistentDisk: &pod.GCEPersistentDisk{}}
	secret := pod.Volume{Name: "secret", Secret: &pod.SecretVolume{}}
	host := pod.Volume{Name: "host", HostPath: &pod.HostPath{}}
	all := []pod.Volume{dl, git, empty, disk, secret, host}
	for _, c := range []struct {
		name     string
		want     []pod.Volume
		have     []string
		setUp    []string
		tearDown []string
	}{
		{"nothing", nil, nil, nil, nil},
		{"all, what fails soon first", all, nil, []string{"host", "secret", "disk", "empty", "dl", "git"}, nil},
		{"the rest", all, []string{"host", "secret", "disk"}, []string{"empty", "dl", "git"}, nil},
		{"no more", all, []string{"host", "secret", "disk", "empty", "dl", "git"}, nil, nil},
		{"another", []pod.Volume{git}, []string{"a", "git", "b"}, nil, []string{"b", "a"}},
		{"down", nil, []string{"a", "b", "c"}, nil, []string{"c", "b", "a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := volume.Plan(c.want, c.have)
			var names []string
			for _, v := range s.SetUp {
				names = append(names, v.Name)
			}
			require.Equal(t, c.setUp, names)
			require.Equal(t, c.tearDown, s.TearDown)
		})
	}
}

// A fault is told of what was there, and of nothing else.
func TestFault(t *testing.T) {
	never := volume.Record{Name: "v", Path: "/p", ID: "1", Limit: 1}
	bad := volume.Reading{Missing: true, ID: "2", Used: 5, Problem: "x"}
	require.Empty(t, volume.Fault(never, bad))
	there := never
	there.There = true
	require.Contains(t, volume.Fault(there, bad), "has vanished")
	require.Empty(t, volume.Fault(there, volume.Reading{Used: 1}), "an ID that is not known is no other one")
	there.ID, there.Limit = "", 0
	require.Empty(t, volume.Fault(there, volume.Reading{ID: "2", Used: 5}))
}

package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
)

// NothingLeft fails the test if, at its end, the engine has containers,
// networks or volumes with a label ("key" or "key=value"), and removes them.
//
// It looks after the cleanups that were registered later, so it is called
// before whatever makes such things.
func NothingLeft(t testing.TB, client *docker.Client, label string) {
	t.Helper()
	t.Cleanup(func() {
		left, err := Left(client, label)
		if err != nil {
			t.Errorf("look for what is left with label %q: %v", label, err)
		}
		for _, what := range left {
			t.Errorf("left on the engine: %s", what)
		}
		Sweep(t, client, label)
	})
}

// Left returns the containers, networks and volumes that have a label, one
// line each, sorted.
func Left(client *docker.Client, label string) ([]string, error) {
	found, err := find(client, label)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, c := range found.containers {
		left = append(left, fmt.Sprintf("container %s %s: %s", c.ID[:12], strings.Join(c.Names, " "), c.Status))
	}
	for _, n := range found.networks {
		left = append(left, "network "+n.Name)
	}
	for _, v := range found.volumes {
		left = append(left, "volume "+v.Name)
	}
	slices.Sort(left)
	return left, nil
}

// Sweep removes the containers, networks and volumes that have a label.
func Sweep(t testing.TB, client *docker.Client, label string) {
	t.Helper()
	found, err := find(client, label)
	if err != nil {
		t.Errorf("find what has label %q: %v", label, err)
		return
	}
	for _, c := range found.containers {
		err := client.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, Force: true, RemoveVolumes: true})
		if _, gone := err.(*docker.NoSuchContainer); err != nil && !gone {
			t.Errorf("remove container %s: %v", c.ID, err)
		}
	}
	for _, n := range found.networks {
		if err := client.RemoveNetwork(n.ID); err != nil {
			t.Errorf("remove network %q: %v", n.Name, err)
		}
	}
	for _, v := range found.volumes {
		if err := client.RemoveVolumeWithOptions(docker.RemoveVolumeOptions{Name: v.Name}); err != nil {
			t.Errorf("remove volume %q: %v", v.Name, err)
		}
	}
}

// things are what a label was found on.
type things struct {
	containers []docker.APIContainers
	networks   []docker.Network
	volumes    []docker.Volume
}

func find(client *docker.Client, label string) (found things, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	labelled := map[string][]string{"label": {label}}
	found.containers, err = client.ListContainers(docker.ListContainersOptions{All: true, Filters: labelled, Context: ctx})
	if err != nil {
		return found, err
	}
	found.networks, err = client.FilteredListNetworks(docker.NetworkFilterOpts{"label": {label: true}})
	if err != nil {
		return found, err
	}
	found.volumes, err = client.ListVolumes(docker.ListVolumesOptions{Filters: labelled, Context: ctx})
	return found, err
}

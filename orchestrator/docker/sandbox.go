package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// infra is the infra container of a pod: it holds the network and IPC
// namespaces that the pod's containers join, and with them the pod's address.
type infra struct {
	id string
	ip string // empty: none, or not asked for yet
}

// sandbox returns the pod's infra container, running. It makes one where there
// is none, or where the one there is has ended. The caller has the pod's lock.
func (r *Runtime) sandbox(ctx context.Context, engine *docker.Client, p *pod.Pod) (infra, error) {
	r.mu.Lock()
	have, ok := r.infras[p.UID]
	r.mu.Unlock()
	if ok {
		return have, nil
	}
	made, err := r.makeSandbox(ctx, engine, p)
	if err != nil {
		return infra{}, err
	}
	r.mu.Lock()
	r.infras[p.UID] = made
	r.mu.Unlock()
	return made, nil
}

// forgetSandbox has the next sandbox look again.
func (r *Runtime) forgetSandbox(uid string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.infras, uid)
}

func (r *Runtime) makeSandbox(ctx context.Context, engine *docker.Client, p *pod.Pod) (infra, error) {
	options := r.sandboxOptions(p)
	if err := r.prepareVolumes(ctx, engine, p, &options); err != nil {
		return infra{}, err
	}
	for n := range attemptsToCreate {
		if err := nextTry(ctx, n); err != nil {
			return infra{}, err
		}
		image, err := r.infraImage(ctx, engine)
		if err != nil {
			return infra{}, reason(reasonSandbox, err)
		}
		options.Config.Image = image
		c, err := engine.CreateContainer(options)
		if errors.Is(err, docker.ErrNoSuchImage) {
			r.setInfraImage("") // somebody removed it
			continue
		}
		if errors.Is(err, docker.ErrContainerAlreadyExists) {
			c, err = r.takeOverSandbox(engine, options.Name)
			if err == nil && c == nil {
				continue
			}
			if err == nil && c.State.Running {
				return infra{id: c.ID, ip: r.address(c.NetworkSettings.Networks)}, nil
			}
		}
		if err != nil {
			return infra{}, reason(reasonSandbox, fmt.Errorf("create infra container %q: %w", options.Name, mountError(p, err)))
		}
		if err := r.checkHostPaths(ctx, p, c.ID); err != nil {
			return infra{}, errors.Join(err, gone(engine.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, RemoveVolumes: true})))
		}
		err = started(engine.StartContainer(c.ID, nil))
		if isGone(err) {
			continue // somebody else removed it
		}
		if err != nil {
			return infra{}, sandboxError(options.Name, mountError(p, err))
		}
		return infra{id: c.ID}, nil
	}
	return infra{}, reason(reasonSandbox, fmt.Errorf("create infra container %q: another one of that name came and went", options.Name))
}

// infraImage returns the image of infra containers. It is looked for once, and
// again after an engine said that it is not there.
func (r *Runtime) infraImage(ctx context.Context, engine *docker.Client) (string, error) {
	r.mu.Lock()
	name := r.infraImg
	r.mu.Unlock()
	if name != "" {
		return name, nil
	}
	name, err := r.chooseInfraImage(ctx, engine)
	if err == nil {
		r.setInfraImage(name)
	}
	return name, err
}

func (r *Runtime) setInfraImage(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.infraImg = name
}

// takeOverSandbox returns the infra container that there is, if it runs or has
// never run yet. One that has ended is removed: nobody can join its namespaces
// any more. Then, and where it vanished meanwhile, it returns nil.
func (r *Runtime) takeOverSandbox(engine *docker.Client, name string) (*docker.Container, error) {
	c, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: name})
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c.Config.Labels[labelInstance] != r.config.Instance || c.Config.Labels[labelNode] != r.node {
		return nil, fmt.Errorf("container %.12s has that name and is not of node %q", c.ID, r.node)
	}
	if c.State.Running || c.State.StartedAt.IsZero() {
		return c, nil
	}
	return nil, gone(engine.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, Force: true, RemoveVolumes: true}))
}

// sandboxOptions says how the infra container is made, but for its image.
func (r *Runtime) sandboxOptions(p *pod.Pod) docker.CreateContainerOptions {
	host := &docker.HostConfig{
		NetworkMode: r.config.Network,
		IpcMode:     "shareable",
		LogConfig:   docker.LogConfig{Type: "none"},
		SecurityOpt: []string{"no-new-privileges"},
	}
	config := &docker.Config{Hostname: hostname(p), Labels: r.podLabels(p)}
	if n := len(p.Spec.Volumes); n > 0 {
		config.Labels[labelHolds] = strconv.Itoa(n)
	}
	if p.Spec.HostIPC {
		host.IpcMode = "host"
	}
	if p.Spec.HostNetwork {
		host.NetworkMode = hostNetwork
	} else {
		publish(p, config, host)
	}
	r.resolve(p, host)
	return docker.CreateContainerOptions{Name: r.infraName(p.UID), Config: config, HostConfig: host}
}

// publish has the engine pass the pod's host ports on.
func publish(p *pod.Pod, config *docker.Config, host *docker.HostConfig) {
	for _, port := range p.HostPorts() {
		if config.ExposedPorts == nil {
			config.ExposedPorts = make(map[docker.Port]struct{})
			host.PortBindings = make(map[docker.Port][]docker.PortBinding)
		}
		protocol := "tcp"
		if port.Protocol == pod.UDP {
			protocol = "udp"
		}
		inside := docker.Port(strconv.Itoa(port.ContainerPort) + "/" + protocol)
		config.ExposedPorts[inside] = struct{}{}
		host.PortBindings[inside] = append(host.PortBindings[inside],
			docker.PortBinding{HostIP: port.HostIP, HostPort: strconv.Itoa(port.HostPort)})
	}
}

// hostname is what the pod calls itself, cut to what Linux takes, as a kubelet does.
func hostname(p *pod.Pod) string {
	name := or(p.Spec.Hostname, p.Name)
	return name[:min(len(name), 63)]
}

// hostNetwork is what engines call the network of the machine.
const hostNetwork = "host"

// address returns the pod's address: that in the first network, by name, where
// it has one. On the machine's own network it is the one that the engine is reached at.
func (r *Runtime) address(networks map[string]docker.ContainerNetwork) string {
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if n := networks[name]; n.IPAddress != "" || n.GlobalIPv6Address != "" {
			return or(n.IPAddress, n.GlobalIPv6Address)
		}
	}
	if _, ok := networks[hostNetwork]; ok {
		return r.at.host()
	}
	return ""
}

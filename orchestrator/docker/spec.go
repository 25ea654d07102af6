package docker

import (
	"strconv"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// specify says how the container of an attempt is made.
func (r *Runtime) specify(engine *docker.Client, p *pod.Pod, c *pod.Container,
	ref orchestrator.ContainerRef, image *docker.Image, box infra) (docker.CreateContainerOptions, error) {
	env, err := r.environment(engine, p, c, box)
	if err != nil {
		return docker.CreateContainerOptions{}, reason(reasonConfig, err)
	}
	mounts, err := r.mounts(p, c)
	if err != nil {
		return docker.CreateContainerOptions{}, err
	}
	message, err := r.messageMount(c, ref)
	if err != nil {
		return docker.CreateContainerOptions{}, reason(reasonConfig, err)
	}
	mounts = append(mounts, message...)
	command, args := pod.CommandLine(c, env)
	config := &docker.Config{
		Image: c.Image, Env: lines(env), Entrypoint: command, Cmd: args, WorkingDir: c.WorkingDir,
		Labels:    r.labels(p, c, ref, box.id),
		OpenStdin: c.Stdin, StdinOnce: c.StdinOnce, Tty: c.TTY,
	}
	host := &docker.HostConfig{
		NetworkMode: "container:" + box.id,
		IpcMode:     "container:" + box.id,
		LogConfig: docker.LogConfig{Type: "json-file", Config: map[string]string{
			"max-size": strconv.FormatInt(r.config.LogMaxBytes, 10),
			"max-file": strconv.Itoa(r.config.LogMaxFiles),
		}},
		Mounts: mounts,
	}
	r.limit(p, c, host)
	if p.Spec.HostPID {
		host.PidMode = "host"
	}
	if p.Spec.HostIPC {
		host.IpcMode = "host"
	}
	if err := secure(p, c, image, config, host); err != nil {
		return docker.CreateContainerOptions{}, reason(reasonConfig, err)
	}
	return docker.CreateContainerOptions{Name: r.name(ref), Config: config, HostConfig: host}, nil
}

// environment returns the container's variables. The engine is asked for the
// pod's address only where a variable wants it and nobody knows it yet.
func (r *Runtime) environment(engine *docker.Client, p *pod.Pod, c *pod.Container, box infra) ([]pod.EnvVar, error) {
	if p.Status.PodIP == "" && wantsAddress(c) {
		if box.ip == "" {
			there, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: box.id})
			if isGone(err) {
				return nil, errSandboxGone
			}
			if err != nil {
				return nil, err
			}
			box.ip = r.address(there.NetworkSettings.Networks)
		}
		addressed := *p
		addressed.Status.PodIP = box.ip
		p = &addressed
	}
	return pod.Environment(p, c)
}

// wantsAddress reports whether a variable holds the pod's address.
func wantsAddress(c *pod.Container) bool {
	for _, v := range c.Env {
		if v.ValueFrom != nil && v.ValueFrom.FieldRef != nil && v.ValueFrom.FieldRef.FieldPath == "status.podIP" {
			return true
		}
	}
	return false
}

// lines returns variables in the form NAME=value.
func lines(env []pod.EnvVar) []string {
	var out []string
	for _, v := range env {
		out = append(out, v.Name+"="+v.Value)
	}
	return out
}

// cause returns what an engine says of a program that it could not execute,
// without the names of those who passed it on.
func cause(text string) string {
	for _, before := range []string{"starting container process caused: ", "unable to start container process: "} {
		if _, after, ok := strings.Cut(text, before); ok {
			text = after
		}
	}
	return strings.TrimSuffix(text, ": unknown")
}

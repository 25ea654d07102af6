package process

import (
	"path/filepath"

	"github.com/coracle-dev/coracle/pod"
)

// tokenVariable marks every process of an attempt, so that those whose
// supervisor was killed are found.
const tokenVariable = "CORACLE_ATTEMPT"

// variables resolves the environment of a container: what the runtime gives, in
// the order of the manual, then the container's own. token is not in it yet.
func variables(p *pod.Pod, c pod.Container, rec podRecord, img image, home, message string) ([]pod.EnvVar, []string, error) {
	given := []pod.EnvVar{
		{Name: "PATH", Value: img.searchPath()},
		{Name: "HOME", Value: home},
		{Name: "HOSTNAME", Value: or(p.Spec.Hostname, p.Name)},
		{Name: "POD_IP", Value: rec.IP},
		{Name: "POD_NAME", Value: p.Name},
		{Name: "POD_NAMESPACE", Value: rec.Namespace},
		{Name: "POD_UID", Value: p.UID},
		{Name: messageVariable, Value: message},
	}
	var warnings []string
	for _, m := range c.VolumeMounts {
		dir, err := mounted(rec.Volumes, m)
		if err != nil {
			return nil, nil, err
		}
		given = append(given, pod.EnvVar{Name: volumeVariable(m.Name), Value: dir})
		if m.ReadOnly {
			warnings = append(warnings, "readOnly is not enforced for volume mounts: programs can write to them")
		}
		if filepath.Clean(m.MountPath) != dir {
			warnings = append(warnings, "volumes are not mounted at their mountPath: programs find them through VOLUME_<NAME>")
		}
	}
	own := *p
	own.Namespace = rec.Namespace
	own.Status.PodIP = rec.IP
	own.Status.HostIP = or(p.Status.HostIP, "127.0.0.1")
	env, err := pod.Environment(&own, &c, given...)
	if err != nil {
		return nil, nil, refuse(createContainerConfig, "%w", err)
	}
	return env, warnings, nil
}

// lines returns the environment as execve takes it.
func lines(env []pod.EnvVar) []string {
	out := make([]string, 0, len(env)+1)
	for _, v := range env {
		out = append(out, v.Name+"="+v.Value)
	}
	return out
}

// value returns a variable's value.
func value(env []pod.EnvVar, name string) string {
	for _, v := range env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

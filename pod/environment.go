package pod

import (
	"errors"
	"fmt"
	"strings"
)

// Environment returns the variables of container c of pod p with their values,
// in the order of c.Env after those in before, which are what the container is
// given beside its specification (the runtime's own, the services'), and after
// those that tell it its devices ([DeviceVariable]).
//
// A value is taken from the pod's field where the variable names one; it is
// empty as long as the field is. (A resource that is not limited counts as 0 here:
// [WithResourceFields] knows better, and the orchestrator has called it.) In any other, $(NAME) becomes the value of an
// earlier variable, as [Expand] does. A name that occurs again replaces the
// earlier variable at its place.
//
// The error says which variable names a field that there is not.
func Environment(p *Pod, c *Container, before ...EnvVar) ([]EnvVar, error) {
	devices := p.deviceVariables(c)
	if len(before)+len(devices)+len(c.Env) == 0 {
		return nil, nil
	}
	env := make([]EnvVar, 0, len(before)+len(devices)+len(c.Env))
	at := make(map[string]int, cap(env))
	set := func(name, value string) {
		if i, again := at[name]; again {
			env[i].Value = value
			return
		}
		at[name] = len(env)
		env = append(env, EnvVar{Name: name, Value: value})
	}
	lookup := func(name string) (string, bool) {
		i, ok := at[name]
		if !ok {
			return "", false
		}
		return env[i].Value, true
	}
	for _, list := range [][]EnvVar{before, devices} {
		for _, v := range list {
			set(v.Name, v.Value)
		}
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			set(v.Name, Expand(v.Value, lookup))
			continue
		}
		value, err := p.fromSource(c, v.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf("resolve variable %q of container %q: %w", v.Name, c.Name, err)
		}
		set(v.Name, value)
	}
	return env, nil
}

// fromSource returns the value that a variable of container c takes from the pod.
func (p *Pod) fromSource(c *Container, from *EnvSource) (string, error) {
	switch {
	case from.FieldRef != nil:
		return p.Field(from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil:
		return p.ResourceField(c, from.ResourceFieldRef, nil)
	}
	return "", errors.New("valueFrom names no field")
}

// CommandLine returns c.Command and c.Args with every $(NAME) expanded from
// env, as [Environment] returned it. Both are the caller's, and nil where c has none.
func CommandLine(c *Container, env []EnvVar) (command, args []string) {
	lookup := func(name string) (string, bool) {
		for i := len(env) - 1; i >= 0; i-- {
			if env[i].Name == name {
				return env[i].Value, true
			}
		}
		return "", false
	}
	return expandAll(c.Command, lookup), expandAll(c.Args, lookup)
}

// expandAll expands each of the texts.
func expandAll(texts []string, lookup func(string) (string, bool)) []string {
	if texts == nil {
		return nil
	}
	expanded := make([]string, len(texts))
	for i, text := range texts {
		expanded[i] = Expand(text, lookup)
	}
	return expanded
}

// Expand replaces every $(NAME) in s by what lookup returns for NAME; one that
// lookup does not know stays as it is. $$ becomes $, so that $$(NAME) becomes
// $(NAME). Any other $ stays. What was inserted is not expanded again. The rules
// are Kubernetes'.
func Expand(s string, lookup func(name string) (string, bool)) string {
	dollar := strings.IndexByte(s, '$')
	if dollar < 0 {
		return s
	}
	var b strings.Builder
	closed := true // there may be a ')' ahead
	for dollar >= 0 && dollar+1 < len(s) {
		b.WriteString(s[:dollar])
		s = s[dollar:]
		end := -1
		if s[1] == '(' && closed {
			end = strings.IndexByte(s, ')')
			closed = end > 0
		}
		taken := 2
		switch {
		case s[1] == '$':
			b.WriteByte('$')
		case end > 0:
			taken = end + 1
			value, ok := lookup(s[2:end])
			if !ok {
				value = s[:taken]
			}
			b.WriteString(value)
		default:
			b.WriteString(s[:taken])
		}
		s = s[taken:]
		dollar = strings.IndexByte(s, '$')
	}
	b.WriteString(s)
	return b.String()
}

// Field returns the value of a field of the pod by its path: see [FieldRef] for
// those there are. A label or annotation that the pod does not have is empty.
func (p *Pod) Field(path string) (string, error) {
	if base, key, ok := subscript(path); ok {
		switch base {
		case "metadata.labels":
			return p.Labels[key], nil
		case "metadata.annotations":
			return p.Annotations[key], nil
		}
	}
	switch path {
	case "metadata.name":
		return p.Name, nil
	case "metadata.namespace":
		return p.Namespace, nil
	case "metadata.uid":
		return p.UID, nil
	case "spec.nodeName":
		return p.Spec.NodeName, nil
	case "status.hostIP":
		return p.Status.HostIP, nil
	case "status.podIP":
		return p.Status.PodIP, nil
	}
	return "", fmt.Errorf("read field %q: must be %s", path, fieldPaths)
}

// fieldPaths lists what Field reads.
const fieldPaths = "metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'], " +
	"metadata.annotations['key'], spec.nodeName, status.hostIP or status.podIP"

// subscript splits base['key'].
func subscript(path string) (base, key string, ok bool) {
	base, rest, ok := strings.Cut(path, "['")
	if !ok {
		return "", "", false
	}
	key, ok = strings.CutSuffix(rest, "']")
	return base, key, ok && key != ""
}

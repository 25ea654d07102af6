package docker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// harmless are the capabilities that an engine gives every container.
var harmless = []string{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

// allowed says everything of the specification that this node does not allow.
func (r *Runtime) allowed(p *pod.Pod, c *pod.Container) error {
	var errs []error
	refuse := func(field, by string) {
		errs = append(errs, fmt.Errorf("%s is not allowed on node %q: its docker.Config does not have %s", field, r.node, by))
	}
	if !r.config.AllowHostNamespaces {
		for _, f := range []struct {
			name string
			set  bool
		}{{"hostNetwork", p.Spec.HostNetwork}, {"hostPID", p.Spec.HostPID}, {"hostIPC", p.Spec.HostIPC}} {
			if f.set {
				refuse("spec."+f.name, "AllowHostNamespaces")
			}
		}
	}
	s := pod.Security(p, c)
	if r.config.AllowPrivileged {
		return errors.Join(errs...)
	}
	if isTrue(s.Privileged) {
		refuse("securityContext.privileged", "AllowPrivileged")
	}
	if s.Capabilities != nil {
		for _, name := range s.Capabilities.Add {
			if !slices.Contains(harmless, strings.TrimPrefix(name, "CAP_")) {
				refuse("capability "+name, "AllowPrivileged")
			}
		}
	}
	return errors.Join(errs...)
}

// secure sets as whom and with which rights the container runs.
func secure(p *pod.Pod, c *pod.Container, image *docker.Image, config *docker.Config, host *docker.HostConfig) error {
	s := pod.Security(p, c)
	own := ""
	if image != nil && image.Config != nil {
		own = image.Config.User
	}
	config.User = user(s, own)
	if isTrue(s.RunAsNonRoot) {
		if err := nonRoot(or(config.User, own)); err != nil {
			return err
		}
	}
	if all := p.Spec.SecurityContext; all != nil {
		for _, id := range all.SupplementalGroups {
			host.GroupAdd = append(host.GroupAdd, strconv.FormatInt(id, 10))
		}
	}
	host.Privileged = isTrue(s.Privileged)
	host.ReadonlyRootfs = isTrue(s.ReadOnlyRootFilesystem)
	if s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
		host.SecurityOpt = append(host.SecurityOpt, "no-new-privileges")
	}
	if s.Capabilities != nil {
		host.CapAdd, host.CapDrop = s.Capabilities.Add, s.Capabilities.Drop
	}
	return nil
}

// user returns user:group as far as the context says them, given the image's
// own; empty where it says nothing.
func user(s pod.SecurityContext, image string) string {
	name, _, _ := strings.Cut(image, ":")
	switch {
	case s.RunAsUser == nil && s.RunAsGroup == nil:
		return ""
	case s.RunAsUser != nil:
		name = strconv.FormatInt(*s.RunAsUser, 10)
	}
	if s.RunAsGroup == nil {
		return name
	}
	return or(name, "0") + ":" + strconv.FormatInt(*s.RunAsGroup, 10)
}

// nonRoot says what is against a user that must not be root. Of a name nobody
// knows whose it is before the container runs.
func nonRoot(user string) error {
	name, _, _ := strings.Cut(user, ":")
	id, err := strconv.Atoi(name)
	switch {
	case name == "" || name == "root" || err == nil && id == 0:
		return errors.New("securityContext.runAsNonRoot is true, and the container would run as root")
	case err != nil:
		return fmt.Errorf("securityContext.runAsNonRoot is true, and the image's user is %q, of which nobody can tell whether it is root: give a runAsUser", name)
	}
	return nil
}

func isTrue(v *bool) bool { return v != nil && *v }

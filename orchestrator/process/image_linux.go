package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// The reasons of core/v1 that a Start here fails with.
const (
	invalidImageName      = "InvalidImageName"
	errImageNeverPull     = "ErrImageNeverPull"
	createContainerError  = "CreateContainerError"
	createContainerConfig = "CreateContainerConfigError"
)

// refuse returns an error with a reason that the container then waits with.
func refuse(reason, format string, args ...any) error {
	return &orchestrator.StartError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// image is what a container's image stands for on this machine.
type image struct {
	path string
	dir  bool
}

// findImage looks an image up. Nothing is ever fetched: what is not on the
// machine is ErrImageNeverPull, what can be no image is InvalidImageName.
func findImage(name string, images map[string]string) (image, error) {
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return image{}, refuse(invalidImageName, "image %q is not a name", name)
	}
	path, mapped := images[name]
	if !mapped {
		path = name
	}
	if !filepath.IsAbs(path) { // those in Config.Images are
		return image{}, refuse(errImageNeverPull, "image %q is not in Config.Images of the process runtime, and is not an absolute path", name)
	}
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	if err != nil {
		return image{}, refuse(errImageNeverPull, "image %q: %w", name, err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return image{}, refuse(invalidImageName, "image %q: %q is neither a program nor a directory", name, path)
	}
	return image{path: path, dir: info.IsDir()}, nil
}

// searchPath is where programs are looked for: in the image first.
func (i image) searchPath() string {
	const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if i.dir {
		return filepath.Join(i.path, "bin") + ":" + system
	}
	return system
}

// program is what is executed, or why nothing can be.
type program struct {
	path  string
	args  []string // its name first
	fault string   // why it can't be executed
	code  int      // the exit code that stands for that
}

// Exit codes of programs that could not be executed, as every shell has them.
const (
	exitNotFound   = 127
	exitNotAllowed = 126
)

// program finds what the container executes. dir is where it starts; search is
// its PATH.
func (i image) program(command, args []string, dir, search string) (program, error) {
	if len(command) == 0 {
		if i.dir {
			return program{}, refuse(createContainerError, "image %q is a directory: the container needs a command", i.path)
		}
		return program{path: i.path, args: append([]string{i.path}, args...)}, nil
	}
	p := program{args: append(command[:len(command):len(command)], args...)}
	name := command[0]
	for _, path := range i.candidates(name, dir, search) {
		err := executable(path)
		if err == nil {
			p.path, p.fault = path, ""
			return p, nil
		}
		if p.fault == "" || p.code == exitNotFound && !isMissing(err) {
			p.path, p.fault, p.code = path, fmt.Sprintf("execute %q: %v", path, cause(err)), exitCodeOf(err)
		}
	}
	if !strings.Contains(name, "/") && (p.fault == "" || p.code == exitNotFound) {
		p.path, p.code = name, exitNotFound
		p.fault = fmt.Sprintf("execute %q: no such program in %s", name, i.places(search))
	}
	return p, nil
}

func (i image) places(search string) string {
	if i.dir {
		return fmt.Sprintf("%q or PATH %q", i.path, search)
	}
	return fmt.Sprintf("PATH %q", search)
}

// candidates lists the paths that a command may mean, the first one best.
func (i image) candidates(name, dir, search string) []string {
	var out []string
	switch {
	case filepath.IsAbs(name):
		if i.dir {
			out = append(out, filepath.Join(i.path, name))
		}
		return append(out, name)
	case strings.Contains(name, "/"):
		if i.dir {
			out = append(out, filepath.Join(i.path, name))
		}
		return append(out, filepath.Join(dir, name))
	case name == "":
		return nil
	case i.dir:
		out = append(out, filepath.Join(i.path, "bin", name), filepath.Join(i.path, name))
	case name == filepath.Base(i.path):
		out = append(out, i.path)
	}
	for _, at := range filepath.SplitList(search) {
		if filepath.IsAbs(at) {
			out = append(out, filepath.Join(at, name))
		}
	}
	return out
}

// executable returns why the file at path can't be executed, or nil.
func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return unix.EISDIR
	case info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return unix.Access(path, unix.X_OK)
}

// cause strips what an error says of the path and the call.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// exitCodeOf returns what a shell would exit with after that error of execve.
func exitCodeOf(err error) int {
	if isMissing(err) {
		return exitNotFound
	}
	return exitNotAllowed
}

// limitsOf reads the limits that can be enforced.
func limitsOf(c pod.Container) limits {
	l := c.Resources.Limits
	memory, cpu := l[pod.Memory], l[pod.CPU]
	return limits{memory: max(memory.Value(), 0), milliCPU: max(cpu.MilliValue(), 0)}
}

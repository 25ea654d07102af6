package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// The labels of a container that say where the message of its end comes from.
const (
	labelMessage         = "coracle.dev/message"           // the path of its file, where the engine keeps that
	labelMessageFromLogs = "coracle.dev/message-from-logs" // true: from the logs otherwise
)

// messageLabels are those of a container. What is below /dev, as the default is,
// goes with the container unless a file of the machine is mounted there.
func (r *Runtime) messageLabels(c *pod.Container, l map[string]string) {
	if at := or(c.TerminationMessagePath, pod.DefaultMessagePath); r.config.MessageDir != "" || !strings.HasPrefix(at, "/dev/") {
		l[labelMessage] = at
	}
	if c.TerminationMessagePolicy == pod.MessageFromLogs {
		l[labelMessageFromLogs] = "true"
	}
}

// messageMount returns the mount of an attempt's message file, which it makes;
// none where the engine keeps what is written at the path by itself.
func (r *Runtime) messageMount(c *pod.Container, ref orchestrator.ContainerRef) ([]docker.HostMount, error) {
	at := or(c.TerminationMessagePath, pod.DefaultMessagePath)
	if r.config.MessageDir == "" || !strings.HasPrefix(at, "/dev/") {
		return nil, nil
	}
	if err := os.MkdirAll(r.config.MessageDir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(r.config.MessageDir, r.name(ref))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	err = f.Chmod(0o666) // whoever the container's user is
	return []docker.HostMount{{Type: "bind", Source: path, Target: at}}, errors.Join(err, f.Close())
}

// removeMessages deletes the message files of a pod.
func (r *Runtime) removeMessages(uid string) error {
	if r.config.MessageDir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(r.config.MessageDir, r.podName(uid)+"_*"))
	errs := []error{err}
	for _, at := range files {
		errs = append(errs, os.Remove(at))
	}
	return errors.Join(errs...)
}

// lastWords returns the message of a container that has ended, as far as it left
// one and the engine gives it out.
func (r *Runtime) lastWords(engine *docker.Client, c *docker.Container) string {
	var text []byte
	if at := c.Config.Labels[labelMessage]; at != "" {
		text = endOfFile(engine, c.ID, at)
	}
	if len(text) == 0 && c.State.ExitCode != 0 && c.Config.Labels[labelMessageFromLogs] != "" {
		text = endOfLogs(engine, c)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// longestMessage is how large a file may be whose end is the message.
const longestMessage = 1 << 20

// endOfFile returns the last bytes of a file of a container.
func endOfFile(engine *docker.Client, id, path string) []byte {
	archive, out := io.Pipe()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		out.CloseWithError(engine.DownloadFromContainer(id, docker.DownloadFromContainerOptions{Path: path, OutputStream: out}))
	}()
	defer func() {
		archive.CloseWithError(errOver)
		<-sent
	}()
	files := tar.NewReader(archive)
	header, err := files.Next()
	if err != nil || header.Typeflag != tar.TypeReg || header.Size > longestMessage {
		return nil
	}
	if _, err := io.CopyN(io.Discard, files, max(0, header.Size-pod.MaxMessageBytes)); err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(files, pod.MaxMessageBytes))
	return text
}

// endOfLogs returns the last lines of a container's log.
func endOfLogs(engine *docker.Client, c *docker.Container) []byte {
	var text bytes.Buffer
	w := orchestrator.NewLogWriter(orchestrator.LogOptions{Stdout: &text, Stderr: &text})
	out, errs := &logPieces{w: w, stream: orchestrator.Stdout}, &logPieces{w: w, stream: orchestrator.Stderr}
	err := engine.Logs(docker.LogsOptions{
		Context:   context.Background(), // the client's own ends the call
		Container: c.ID, Tail: "80", Timestamps: true, Stdout: true, Stderr: !c.Config.Tty,
		OutputStream: out, ErrorStream: errs, RawTerminal: c.Config.Tty,
	})
	out.flush()
	errs.flush()
	if err = errors.Join(err, out.failed, errs.failed); err != nil {
		return nil
	}
	b := text.Bytes()
	return b[max(0, len(b)-pod.MaxMessageLogBytes):]
}

package mount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// repository fills a volume with the files of a revision of a git repository.
//
// It runs the git program and no library in its place: git knows the protocols,
// proxies and credentials that the machine is configured for, and a library
// would bring two dozen modules. But git only fetches, into a repository outside
// of the volume that has no working tree; the files come out as an archive,
// which is unpacked with the same care as any other. So no link, hook, filter
// or submodule of a hostile repository gets to do anything.
type repository struct {
	git    string
	limits limits
}

// protocols are what git may fetch with: not what starts programs, and not the
// files of this machine.
const protocols = "http:https:ssh:git"

func (g repository) fill(ctx context.Context, r Request, data, scratch string) error {
	want := r.Volume.GitRepo
	if err := g.fetch(ctx, want, data, scratch); err != nil {
		return fmt.Errorf("fetch repository %q: %w", redacted(want.Repository), err)
	}
	return nil
}

func (g repository) fetch(ctx context.Context, want *pod.GitRepo, data, scratch string) error {
	into := filepath.Join(scratch, "repository")
	if strings.HasPrefix(want.Repository, "-") || strings.HasPrefix(want.Revision, "-") {
		return errors.New("a repository or revision can not begin with '-'")
	}
	if err := g.run(ctx, want, nil, "init", "--quiet", "--bare", into); err != nil {
		return err
	}
	// What the repository says about its archives is not for us: all files, as they are.
	attributes := filepath.Join(into, "info", "attributes")
	if err := errors.Join(os.MkdirAll(filepath.Dir(attributes), 0o755),
		os.WriteFile(attributes, []byte("* -export-ignore -export-subst -text -ident -filter -working-tree-encoding\n"), 0o644)); err != nil {
		return err
	}
	commit, err := g.revision(ctx, want, into)
	if err != nil {
		return err
	}
	archive := filepath.Join(scratch, "archive.tar")
	if err := g.run(ctx, want, nil, "--git-dir="+into, "archive", "--format=tar", "--output="+archive, commit); err != nil {
		return err
	}
	return unpackFile(ctx, pod.Tar, archive, data, directoryOf(want), g.limits)
}

// revision fetches what is asked for and returns its commit. It tries to get by
// with that alone; a server may refuse that for a commit, and an abbreviated one
// is found only where all of them are.
func (g repository) revision(ctx context.Context, want *pod.GitRepo, into string) (string, error) {
	at := "--git-dir=" + into
	revision := or(want.Revision, "HEAD")
	name := "FETCH_HEAD"
	shallow := g.run(ctx, want, nil, at, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", want.Repository, revision)
	if shallow != nil {
		if ctx.Err() != nil {
			return "", shallow
		}
		if err := g.run(ctx, want, nil, at, "fetch", "--quiet", "--no-recurse-submodules", "--", want.Repository,
			"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); err != nil {
			return "", err
		}
		name = revision
	}
	var commit strings.Builder
	if err := g.run(ctx, want, &commit, at, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}"); err != nil {
		return "", fmt.Errorf("it has no revision %q", revision)
	}
	return strings.TrimSpace(commit.String()), nil
}

// directoryOf returns where in the volume the files go: as git names the
// directory that it clones into, unless the volume says otherwise.
func directoryOf(want *pod.GitRepo) string {
	switch want.Directory {
	case ".":
		return ""
	case "":
		u, err := url.Parse(want.Repository)
		if err != nil {
			return ""
		}
		name := strings.TrimSuffix(path.Base(strings.TrimSuffix(u.Path, "/.git")), ".git")
		if !filepath.IsLocal(name) || name == "." {
			return ""
		}
		return name
	}
	return want.Directory
}

// run runs git with a command, and writes what it says to out.
func (g repository) run(ctx context.Context, want *pod.GitRepo, out io.Writer, args ...string) error {
	args = append([]string{"-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "credential.interactive=false"}, args...)
	cmd := exec.CommandContext(ctx, g.git, args...)
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &cut{&complaint, 16 << 10}
	cmd.Env = gitEnvironment(os.Environ())
	cmd.WaitDelay = time.Second
	together(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the program %q: %w", g.git, err)
	}
	limitFiles(cmd.Process.Pid, g.limits.bytes)
	err := cmd.Wait()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New(complained(complaint.String(), want.Repository, err))
}

// gitEnvironment returns the variables that git is run with: those of the host
// program but for what would lead git to another repository, and nobody is asked
// for a password.
func gitEnvironment(environ []string) []string {
	var out []string
	for _, v := range environ {
		switch name, _, _ := strings.Cut(v, "="); {
		case !strings.HasPrefix(name, "GIT_"), strings.HasPrefix(name, "GIT_SSH"), strings.HasPrefix(name, "GIT_SSL"),
			strings.HasPrefix(name, "GIT_CONFIG"), name == "GIT_ASKPASS":
			out = append(out, v)
		}
	}
	out = append(out, "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL="+protocols, "LC_ALL=C")
	if os.Getenv("GIT_SSH_COMMAND") == "" && os.Getenv("GIT_SSH") == "" {
		out = append(out, "GIT_SSH_COMMAND=ssh -oBatchMode=yes")
	}
	return out
}

// complained returns the last thing that git said, without a password.
func complained(text, repository string, err error) string {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(text[strings.LastIndexByte(text, '\n')+1:], "fatal: ")
	if u, err := url.Parse(repository); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" {
			text = strings.ReplaceAll(text, password, "xxxxx")
			text = strings.ReplaceAll(text, url.QueryEscape(password), "xxxxx")
		}
	}
	if text == "" {
		return "git: " + err.Error()
	}
	return "git: " + text
}

// cut drops what is written to it after so many bytes.
type cut struct {
	to   *bytes.Buffer
	left int
}

// Write keeps what there is room for.
func (c *cut) Write(b []byte) (int, error) {
	keep := b[:min(len(b), c.left)]
	c.left -= len(keep)
	c.to.Write(keep)
	return len(b), nil
}

package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// Start runs the container's attempt under a supervisor of its own, which
// outlives this program. It returns once the program runs, or has ended, or
// could not be executed; what was started once is never started again. Where
// ctx ends first, the attempt either runs, and Start returns nil, or never will.
//
// Errors carry a *orchestrator.StartError where the image, the environment or a
// volume is at fault. An attempt older than the newest one known is left alone.
func (r *Runtime) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	if err := r.start(ctx, p, c); err != nil {
		return fmt.Errorf("start container %q of pod %q: %w", c.Name, or(p.Namespace, "default")+"/"+p.Name, err)
	}
	return nil
}

func (r *Runtime) start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	a, err := r.attempt(orchestrator.RefTo(p, c.Name))
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.used() {
		return r.awaitStarted(ctx, a)
	}
	if err := refusal(p, &c); err != nil {
		return err
	}
	img, err := findImage(c.Image, r.config.Images)
	if err != nil {
		return err
	}
	var old bool
	err = r.withVolumes(ctx, p, func(volumes []volume.Record) error {
		return r.alone(ctx, func() error {
			old, err = r.prepare(p, c, a, img, volumes)
			return err
		})
	})
	if err != nil || old {
		return err
	}
	if err = r.launch(ctx, a); err != nil && !a.used() {
		r.discard(ctx, a)
	}
	return err
}

// withVolumes calls keep with the records of the pod's volumes. They are set up
// once, before the pod is written down: what is lost afterwards stays lost.
func (r *Runtime) withVolumes(ctx context.Context, p *pod.Pod, keep func([]volume.Record) error) error {
	if rec, err := r.record(p.UID); err == nil {
		return keep(rec.Volumes)
	}
	kept := false
	err := r.volumes.SetUp(ctx, p, func(records []volume.Record) error {
		kept = true
		return keep(records)
	})
	if err != nil && !kept {
		return refuse(volume.FailedMount, "%w", err)
	}
	return err
}

// discard deletes what was prepared for a Start that failed, so that the next
// one prepares it anew. Where it can't, New does.
func (r *Runtime) discard(ctx context.Context, a attempt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r.alone(ctx, func() error {
		if a.used() {
			return nil
		}
		return r.deleteAttempt(a)
	})
}

// prepare makes everything that the supervisor needs. old is true where there is
// a newer attempt. The caller is alone.
func (r *Runtime) prepare(p *pod.Pod, c pod.Container, a attempt, img image, volumes []volume.Record) (old bool, err error) {
	rec, err := r.setUpPod(p, volumes)
	if err != nil {
		return false, err
	}
	all, err := attemptsOf(filepath.Dir(a.dir), a.UID, a.Container)
	if err != nil {
		return false, err
	}
	if len(all) > 0 && all[len(all)-1].Attempt > a.Attempt {
		return true, nil
	}
	if exists(a.dir) { // by another Start, or before a crash
		return false, nil
	}
	spec, err := r.specify(p, c, a, rec, img)
	if err != nil {
		return false, err
	}
	if err := r.limit(c, &spec); err != nil {
		return false, err
	}
	if err := r.setUpAttempt(a, spec); err != nil {
		return false, errors.Join(err, spec.Cgroup.remove())
	}
	return false, nil
}

// specify resolves what is to be executed.
func (r *Runtime) specify(p *pod.Pod, c pod.Container, a attempt, rec podRecord, img image) (attemptSpec, error) {
	work := filepath.Join(r.podDir(p.UID), workDir)
	env, warnings, err := variables(p, c, rec, img, work, a.path(messageFile))
	if err != nil {
		return attemptSpec{}, err
	}
	if c.Stdin || c.TTY {
		warnings = append(warnings, "stdin and tty of containers are not available: programs have an empty standard input and no terminal; commands that are run in them may have both")
	}
	r.warn(append(warnings, securityWarnings(p, &c)...)...)
	dir := workingDir(c, img, work)
	command, args := pod.CommandLine(&c, env)
	prog, err := img.program(command, args, dir, value(env, "PATH"))
	if err != nil {
		return attemptSpec{}, err
	}
	spec := attemptSpec{
		Ref: a.ContainerRef, Token: rand.Text(), Path: prog.path, Args: prog.args, Dir: dir, Grace: graceOf(p),
		Image: img.path, ImageDir: img.dir,
		Fault: prog.fault, FaultCode: prog.code,
		LogMaxBytes: r.config.LogMaxBytes, LogMaxFiles: r.config.LogMaxFiles,
		MessageFromLogs: c.TerminationMessagePolicy == pod.MessageFromLogs,
	}
	spec.Env = append(lines(env), tokenVariable+"="+spec.Token)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if err == nil {
			err = errNotDirectory
		}
		spec.Fault, spec.FaultCode = fmt.Sprintf("enter working directory %q: %v", dir, cause(err)), exitNotAllowed
	}
	return spec, nil
}

// workingDir is the container's own, below a directory image if it is relative;
// otherwise the image, or the pod's.
func workingDir(c pod.Container, img image, work string) string {
	base := work
	if img.dir {
		base = img.path
	}
	if filepath.IsAbs(c.WorkingDir) {
		return c.WorkingDir
	}
	return filepath.Join(base, c.WorkingDir)
}

func graceOf(p *pod.Pod) time.Duration {
	if s := p.Spec.TerminationGracePeriodSeconds; s != nil {
		return time.Duration(*s) * time.Second
	}
	return 30 * time.Second
}

// limit makes the control groups of an attempt. Limits that can't be set are a
// warning: the container runs without them.
func (r *Runtime) limit(c pod.Container, spec *attemptSpec) error {
	most := limitsOf(c)
	name := fmt.Sprintf("%.64s.%.64s.%d.%.12s", spec.Ref.UID, spec.Ref.Container, spec.Ref.Attempt, spec.Token)
	groups := r.limiter.paths(name, most)
	if err := groups.make(most); err != nil {
		r.warn("resource limits are not enforced: " + strings.ReplaceAll(err.Error(), name, "…"))
		return nil
	}
	spec.Cgroup = groups
	return nil
}

// launch starts a supervisor for a prepared attempt and waits until it says that
// the program was started. Any number may be launched for one attempt: only the
// one that gets the lock first goes on.
func (r *Runtime) launch(ctx context.Context, a attempt) error {
	s, err := r.spawn(a)
	if err != nil {
		return err
	}
	defer s.ready.Close()
	if s.isReady(ctx) {
		r.keep(a.dir, s.watch)
		return nil
	}
	if ctx.Err() == nil || a.used() { // another one has it, or it ended early
		return r.awaitStarted(ctx, a)
	}
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), slack)
	defer cancel()
	s.watch.kill()
	s.watch.wait(soon)
	if a.used() {
		return r.awaitStarted(soon, a)
	}
	return ctx.Err()
}

// awaitStarted returns nil once the attempt's program was started or has ended,
// whoever supervises it, and an error where it turns out that it never will be.
func (r *Runtime) awaitStarted(ctx context.Context, a attempt) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		_, held, err := holder(a.path(lockName))
		if err != nil && !isMissing(err) {
			return err
		}
		switch {
		case exists(a.path(exitFile)), exists(a.path(runFile)):
			return nil
		case held: // about to start it
		case a.used():
			_, err := r.settle(a)
			return err
		default:
			return a.whyNot()
		}
		if err := sleep(ctx, pause); err != nil {
			if a.used() {
				return nil
			}
			return err
		}
	}
}

// whyNot explains an attempt whose supervisor gave up before it began.
func (a attempt) whyNot() error {
	b, err := os.ReadFile(a.path(supervisorLog))
	if errors.Is(err, fs.ErrNotExist) && !exists(a.dir) {
		return errors.New("its directory was removed")
	}
	if text := strings.TrimSpace(string(tail(b, 1024))); text != "" {
		return fmt.Errorf("its supervisor ended before the program began: %s", text)
	}
	return errors.New("its supervisor ended before the program began; does the program it is call Supervise first?")
}

// tail returns at most the last n bytes.
func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

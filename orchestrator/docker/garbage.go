package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// pulledMark is the repository of the tags by which an image that the runtime
// pulled is known for one, also after a crash: labels can't be put on it.
// What was on the engine before, whoever brought it, gets none.
const pulledMark = "coracle.dev/pulled"

// mark returns the tag that says that this instance brought an image by a name.
func (r *Runtime) mark(name string) string {
	sum := sha256.Sum256([]byte(r.config.Instance + "\x00" + name))
	return hex.EncodeToString(sum[:16])
}

// familiar returns a name as the engine lists it, which leaves out what all
// images have that come from its home registry.
func (ref reference) familiar() string {
	name := strings.TrimPrefix(strings.TrimPrefix(ref.name, "docker.io/"), "library/")
	if strings.Contains(ref.version, ":") {
		return name + "@" + ref.version
	}
	return name + ":" + ref.version
}

// want says that a start needs an image, until the function that it returns is called.
func (r *Runtime) want(image string) (unwant func()) {
	ref, err := parseReference(image)
	if err != nil {
		return func() {}
	}
	add := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.wanted[ref.familiar()] += n; r.wanted[ref.familiar()] == 0 {
			delete(r.wanted, ref.familiar())
		}
	}
	add(1)
	return func() { add(-1) }
}

// isWanted reports whether a start needs the image of a name.
func (r *Runtime) isWanted(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wanted[name] > 0
}

// brings reports whether a pull brings an image that is to be removed again one day.
func (r *Runtime) brings(engine *docker.Client, ref reference) bool {
	if r.config.KeepImages <= 0 {
		return false
	}
	_, err := engine.InspectImage(ref.familiar())
	return errors.Is(err, docker.ErrNoSuchImage)
}

// brought marks an image that was pulled. Where that fails it is kept for ever.
func (r *Runtime) brought(ctx context.Context, engine *docker.Client, ref reference) {
	name := ref.familiar()
	r.warnOf("mark an image that was pulled",
		engine.TagImage(name, docker.TagImageOptions{Repo: pulledMark, Tag: r.mark(name), Context: ctx}))
}

// collectImages removes images that the runtime pulled and that nobody has used
// for long enough, until ctx ends.
func (r *Runtime) collectImages(ctx context.Context) {
	unused := make(map[string]time.Time) // by image id, since when
	for period := min(r.config.KeepImages/4, time.Hour); sleep(ctx, period) == nil; {
		round, cancel := context.WithTimeout(ctx, choreTimeout)
		_ = r.collect(round, unused) // it is tried again; an engine that is away is told of by List
		cancel()
	}
}

// collect looks once. It keeps in unused since when images were seen to be unused.
func (r *Runtime) collect(ctx context.Context, unused map[string]time.Time) error {
	engine, now := bound(ctx, r.client), time.Now()
	marked, err := engine.ListImages(docker.ListImagesOptions{Filters: map[string][]string{"reference": {pulledMark}}})
	if err != nil {
		return err
	}
	keep := r.config.KeepImages
	if r.diskPressure(now).Status == pod.True {
		keep = 0
	}
	idle := make(map[string]time.Time)
	for _, image := range marked {
		users, err := engine.ListContainers(docker.ListContainersOptions{
			All: true, Limit: 1, Filters: map[string][]string{"ancestor": {image.ID}},
		})
		if err != nil {
			return err
		}
		if len(users) > 0 {
			continue
		}
		since, known := unused[image.ID]
		if !known {
			since = now
		}
		idle[image.ID] = since
		if known && now.Sub(since) >= keep {
			if err := r.removePulled(ctx, engine, image.ID); err != nil {
				return err
			}
		}
	}
	clear(unused)
	for id, since := range idle {
		unused[id] = since
	}
	return nil
}

// removePulled removes an image by each name that this instance brought it by,
// and then its marks, unless it has a name that somebody else gave it, or one that
// a start needs now. The engine refuses, and keeps the image, where a container
// was made of it meanwhile; a start that finds it gone is tried again.
func (r *Runtime) removePulled(ctx context.Context, engine *docker.Client, id string) error {
	image, err := engine.InspectImage(id)
	if errors.Is(err, docker.ErrNoSuchImage) {
		return nil
	}
	if err != nil {
		return err
	}
	marks := make(map[string]bool)
	for _, tag := range image.RepoTags {
		if mark, ok := strings.CutPrefix(tag, pulledMark+":"); ok {
			marks[mark] = true
		}
	}
	var names, last []string
	for _, name := range append(image.RepoTags, image.RepoDigests...) {
		switch {
		case r.isWanted(name):
			return nil
		case strings.HasPrefix(name, pulledMark+"@"): // goes with the mark
		case strings.HasPrefix(name, pulledMark+":"):
			last = append(last, name)
		case marks[r.mark(name)]:
			names = append(names, name)
			delete(marks, r.mark(name))
		case strings.Contains(name, "@"): // the digest of a tag, which goes with it
		default:
			return nil // somebody else's
		}
	}
	if len(marks) > 0 {
		return nil // of another instance, or of a name that is another image's by now
	}
	for _, name := range append(names, last...) {
		err := engine.RemoveImageExtended(name, docker.RemoveImageOptions{Context: ctx})
		if err != nil && !errors.Is(err, docker.ErrNoSuchImage) {
			return err
		}
	}
	return nil
}

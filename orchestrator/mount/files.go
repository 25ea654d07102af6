package mount

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// files fills a volume from what the host program has configured.
type files struct {
	lookup Lookup
	limits limits
}

// fileSet is what a secret and a config map have in common as a volume.
type fileSet struct {
	kind, name string
	items      []pod.KeyToPath
	mode       *int
	optional   *bool
}

func (f files) fillSecret(ctx context.Context, r Request, data, _ string) error {
	s := r.Volume.Secret
	return f.fill(ctx, r, data, fileSet{"secret", s.SecretName, s.Items, s.DefaultMode, s.Optional})
}

func (f files) fillConfigMap(ctx context.Context, r Request, data, _ string) error {
	m := r.Volume.ConfigMap
	return f.fill(ctx, r, data, fileSet{"configMap", m.Name, m.Items, m.DefaultMode, m.Optional})
}

func (f files) fill(ctx context.Context, r Request, data string, set fileSet) error {
	namespace := or(r.Pod.Namespace, labels.DefaultNamespace)
	optional := set.optional != nil && *set.optional
	found, err := map[string][]byte(nil), fs.ErrNotExist
	if f.lookup != nil {
		found, err = f.lookup(ctx, namespace, set.name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if optional {
			return nil
		}
		return fmt.Errorf("%s %q is not known to the host program", set.kind, namespace+"/"+set.name)
	}
	if err != nil {
		return fmt.Errorf("look up %s %q: %w", set.kind, namespace+"/"+set.name, err)
	}
	if set.items == nil {
		for _, key := range slices.Sorted(maps.Keys(found)) {
			set.items = append(set.items, pod.KeyToPath{Key: key, Path: key})
		}
	}
	root, err := os.OpenRoot(data)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, item := range set.items {
		content, ok := found[item.Key]
		if !ok && optional {
			continue
		}
		if !ok {
			return fmt.Errorf("%s %q has no key %q", set.kind, namespace+"/"+set.name, item.Key)
		}
		if err := writeFile(root, item.Path, content, fs.FileMode(*or(or(item.Mode, set.mode), &defaultMode))); err != nil {
			return fmt.Errorf("write key %q of %s %q: %w", item.Key, set.kind, namespace+"/"+set.name, err)
		}
	}
	return nil
}

var defaultMode = 0o644 // of files, as in core/v1

// writeFile writes a file of a volume and the directories above it.
func writeFile(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	if !filepath.IsLocal(name) || path.Clean(name) == "." {
		return fmt.Errorf("path %q is none in the volume", name)
	}
	if err := root.MkdirAll(path.Dir(path.Clean(name)), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Chmod(mode&fs.ModePerm), f.Close())
}

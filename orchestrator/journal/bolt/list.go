package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Export writes everything as one List of core/v1 in JSON, as it is at the
// moment of the call, while appends go on. It has all there is of each object, also
// uid, status and resource version, and any tool for such lists reads it.
func (j *Journal) Export(ctx context.Context, w io.Writer) error {
	objects, _, err := j.Load(ctx)
	if err == nil {
		err = manifest.WriteJSON(w, objects...)
	}
	if err != nil {
		return fmt.Errorf("export journal %q: %w", j.path, err)
	}
	return nil
}

// Import makes the file at path from a List as Export writes it, in JSON or YAML.
// It must not be there yet. Everything is as it was: to begin with other
// objects, such as somebody wrote by hand, use Client.Apply of an orchestrator. An
// object without uid or resource version is an error.
func Import(path string, list io.Reader) error {
	if err := importList(path, list); err != nil {
		return fmt.Errorf("import journal %q: %w", path, err)
	}
	return nil
}

func importList(path string, list io.Reader) error {
	objects, err := manifest.Reader{MaxBytes: 1 << 40}.Read("", list)
	if err != nil {
		return err
	}
	revision, err := newestOf(objects)
	if err != nil {
		return err
	}
	return makeFile(path, func(draft string) error {
		db, err := bbolt.Open(draft, 0o600, nil)
		if err != nil {
			return err
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if err := create(tx); err != nil {
				return err
			}
			n := newest{Revision: revision}
			for _, o := range objects {
				if err := n.put(tx.Bucket(objectsBucket), keyOf(store.KindOf(o), o.Identity()), o); err != nil {
					return err
				}
			}
			return n.write(tx)
		})
		return errors.Join(err, db.Close())
	})
}

// newestOf returns the newest revision among objects that a journal had.
func newestOf(objects []labels.Object) (uint64, error) {
	for _, o := range objects {
		switch m, noun := o.Identity(), store.KindOf(o).Noun(); {
		case m.UID == "":
			return 0, fmt.Errorf("%s %q has no metadata.uid: it is from no journal", noun, m.Name)
		case m.ResourceVersion == 0:
			return 0, fmt.Errorf("%s %q has no metadata.resourceVersion: it is from no journal", noun, m.Name)
		case store.Namespaced(store.KindOf(o)) == (m.Namespace == ""):
			return 0, fmt.Errorf("%s %q has metadata.namespace %q: it is from no journal", noun, m.Name, m.Namespace)
		}
	}
	if len(objects) == 0 {
		return 0, nil
	}
	return slices.MaxFunc(objects, func(a, b labels.Object) int {
		return cmp.Compare(a.Identity().ResourceVersion, b.Identity().ResourceVersion)
	}).Identity().ResourceVersion, nil
}

package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Journal is an orchestrator.Journal in one file. Make one with Open.
//
// Its methods may be called by several goroutines; appends happen one after the other.
type Journal struct {
	path string
	db   *bbolt.DB

	mu     sync.Mutex
	failed error // of the first append that failed: nothing is appended after it
}

// Open opens the journal in the file at path, and makes the file if there is
// none; its folder has to exist. It is an error if another process has it open.
func Open(path string) (*Journal, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      time.Second,
		FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, fmt.Errorf("open journal %q: %w", path, err)
	}
	j := &Journal{path: path, db: db}
	if err := j.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %q: %w", path, err), db.Close())
	}
	return j, nil
}

// begin makes the buckets of a new file, and looks at the format of an old one.
func (j *Journal) begin() error {
	return j.db.Update(func(tx *bbolt.Tx) error {
		state := tx.Bucket(stateBucket)
		if state == nil {
			return create(tx)
		}
		return checkFormat(state)
	})
}

// Load returns every object as last appended, and the newest revision.
func (j *Journal) Load(ctx context.Context) (objects []labels.Object, revision uint64, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		revision = binary.BigEndian.Uint64(tx.Bucket(stateBucket).Get(revisionKey))
		return tx.Bucket(objectsBucket).ForEach(func(key, value []byte) error {
			o, err := decode(key, value)
			if err != nil {
				return err
			}
			objects = append(objects, o)
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, 0, fmt.Errorf("load journal %q: %w", j.path, err)
	}
	return objects, revision, nil
}

// Append writes the changes in one transaction. When it returns nil they are on the disk.
func (j *Journal) Append(ctx context.Context, changes []store.Change) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	if err := ctx.Err(); err != nil || len(changes) == 0 {
		return err
	}
	if err := j.db.Update(func(tx *bbolt.Tx) error { return write(tx, changes) }); err != nil {
		j.failed = fmt.Errorf("write journal %q: %w", j.path, err)
	}
	return j.failed
}

// write puts the changes into the buckets.
func write(tx *bbolt.Tx, changes []store.Change) error {
	objects := tx.Bucket(objectsBucket)
	for _, c := range changes {
		key := keyOf(c.Kind, c.Object().Identity())
		if c.New == nil {
			if err := objects.Delete(key); err != nil {
				return err
			}
			continue
		}
		value, err := encode(c.New)
		if err != nil {
			return err
		}
		if err := objects.Put(key, value); err != nil {
			return err
		}
	}
	newest := binary.BigEndian.AppendUint64(nil, changes[len(changes)-1].Revision)
	return tx.Bucket(stateBucket).Put(revisionKey, newest)
}

// Close closes the file. It may be called more than once.
func (j *Journal) Close() error {
	if err := j.db.Close(); err != nil {
		return fmt.Errorf("close journal %q: %w", j.path, err)
	}
	return nil
}

package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Journal is an orchestrator.Journal in one file. Make one with Open.
//
// Its methods may be called by several goroutines at a time. Appends happen one
// after the other, and Backup and Export go on beside them.
type Journal struct {
	path string
	db   *bbolt.DB

	mu     sync.Mutex // held while a batch is appended
	state  newest
	failed error // of the first append that failed: nothing is appended after it
}

var _ orchestrator.Journal = (*Journal)(nil)

// Open opens the journal in the file at path, and makes the file if there is
// none; its folder has to be there. Nobody else can open it until Close.
//
// It is ErrLocked if somebody has it open, ErrDamaged if it is not what was
// written, ErrNewer if a newer version of this package wrote it. A file of an
// older format is brought to the newest one.
func Open(path string) (*Journal, error) {
	err := createFile(path)
	if err == nil {
		var j *Journal
		if j, err = openJournal(path, false); err == nil {
			return j, nil
		}
	}
	return nil, fmt.Errorf("open journal %q: %w", path, err)
}

// openJournal opens a file that is there. With older, the newest batch may be damaged.
func openJournal(path string, older bool) (*Journal, error) {
	db, err := openDatabase(path, older)
	if err != nil {
		return nil, err
	}
	j := &Journal{path: path, db: db}
	if err := j.begin(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return j, nil
}

// begin brings the file to the newest format.
func (j *Journal) begin() error {
	var is int
	err := j.db.View(func(tx *bbolt.Tx) (err error) {
		is, err = formatOf(tx)
		return err
	})
	if err == nil && is < format {
		err = j.db.Update(func(tx *bbolt.Tx) error { return migrate(tx, is) })
	}
	if err != nil {
		return err
	}
	return j.db.View(func(tx *bbolt.Tx) (err error) {
		j.state, err = readNewest(tx)
		return err
	})
}

// Load returns every object as last appended, and the newest revision. It is
// ErrDamaged if anything that was appended is missing, or is not as it was.
func (j *Journal) Load(ctx context.Context) (objects []labels.Object, revision uint64, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		objects, revision, err = load(ctx, tx)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("load journal %q: %w", j.path, err)
	}
	return objects, revision, nil
}

// Append writes the changes in one transaction. When it returns nil they are on
// the disk. After an error it returns that error for ever: what the file
// has of the failed batch, all or nothing, is seen when it is opened again.
func (j *Journal) Append(ctx context.Context, changes []store.Change) error {
	if err := ctx.Err(); err != nil || len(changes) == 0 {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	state := j.state
	if want := state.Revision + 1; changes[0].Revision != want {
		return fmt.Errorf("write journal %q: revision %d follows, not %d", j.path, want, changes[0].Revision)
	}
	if err := j.db.Update(func(tx *bbolt.Tx) error { return state.add(tx, changes) }); err != nil {
		j.failed = fmt.Errorf("write journal %q: %w", j.path, err)
		return j.failed
	}
	j.state = state
	return nil
}

// add writes the changes, and what the newest batch is then. Of the changes of
// one object only the last is written.
func (n *newest) add(tx *bbolt.Tx, changes []store.Change) error {
	last := make(map[string]store.Change, len(changes))
	for _, c := range changes {
		last[string(keyOf(c.Kind, c.Object().Identity()))] = c
	}
	objects := tx.Bucket(objectsBucket)
	for key, c := range last {
		if err := n.put(objects, []byte(key), c.New); err != nil {
			return err
		}
	}
	n.Revision = changes[len(changes)-1].Revision
	return n.write(tx)
}

// put replaces the record of an object; nil: there is none any more.
func (n *newest) put(objects *bbolt.Bucket, key []byte, o labels.Object) error {
	if old := objects.Get(key); old != nil {
		sum, ok := statedSum(old)
		if !ok {
			return damaged("record %q has no checksum", key)
		}
		n.Sum -= uint64(sum)
		n.Objects--
	}
	if o == nil {
		return objects.Delete(key)
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	record, sum := seal(key, text)
	n.Sum += uint64(sum)
	n.Objects++
	return objects.Put(key, record)
}

// Close closes the file; it waits for what is being read or appended. It may be
// called more than once.
func (j *Journal) Close() error {
	if err := j.db.Close(); err != nil {
		return fmt.Errorf("close journal %q: %w", j.path, err)
	}
	return nil
}

package bolt

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// format is the number of the layout that this package writes. Whoever changes
// the layout adds one, and a migration from the number before.
const format = 2

var (
	stateBucket   = []byte("state")
	objectsBucket = []byte("objects")
	formatKey     = []byte("format")
	newestKey     = []byte("newest")
)

// newest is what a journal knows of its newest batch.
type newest struct {
	Revision uint64 `json:"revision"`
	// Objects is how many there are.
	Objects int `json:"objects"`
	// Sum is the sum of the checksums of all records of objects. One that is
	// missing, or older than the newest batch, shows in it.
	Sum uint64 `json:"sum"`
}

// readNewest returns what is known of the newest batch.
func readNewest(tx *bbolt.Tx) (n newest, err error) {
	text, _, err := unseal(newestKey, tx.Bucket(stateBucket).Get(newestKey))
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return n, fmt.Errorf("record %q: %w: %w", newestKey, ErrDamaged, err)
	}
	return n, nil
}

// write records what is known of the newest batch.
func (n newest) write(tx *bbolt.Tx) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	record, _ := seal(newestKey, text)
	return tx.Bucket(stateBucket).Put(newestKey, record)
}

// create makes an empty journal.
func create(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket(objectsBucket); err != nil {
		return err
	}
	state, err := tx.CreateBucket(stateBucket)
	if err != nil {
		return err
	}
	if err := state.Put(formatKey, strconv.AppendInt(nil, format, 10)); err != nil {
		return err
	}
	return newest{}.write(tx)
}

// formatOf returns the number of a file's format.
func formatOf(tx *bbolt.Tx) (int, error) {
	state := tx.Bucket(stateBucket)
	if state == nil || tx.Bucket(objectsBucket) == nil {
		return 0, damaged("it is a database of bbolt, and not one of a journal")
	}
	text := string(state.Get(formatKey))
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 1:
		return 0, damaged("its format is %q, which is no number", text)
	case n > format:
		return 0, fmt.Errorf("%w: %d, and this program knows those up to %d", ErrNewer, n, format)
	}
	return n, nil
}

// migrations lead from the format of their index to the next.
var migrations = [format]func(*bbolt.Tx) error{1: addChecksums}

// migrate brings a file to the newest format, in the transaction given.
func migrate(tx *bbolt.Tx, from int) error {
	for n := from; n < format; n++ {
		if err := migrations[n](tx); err != nil {
			return fmt.Errorf("migrate from format %d to %d: %w", n, n+1, err)
		}
	}
	return tx.Bucket(stateBucket).Put(formatKey, strconv.AppendInt(nil, format, 10))
}

// addChecksums migrates from format 1, in which records were bare text, and of
// the newest batch there was nothing but the revision, in eight bytes.
func addChecksums(tx *bbolt.Tx) error {
	revisionKey := []byte("revision")
	state, objects := tx.Bucket(stateBucket), tx.Bucket(objectsBucket)
	value := state.Get(revisionKey)
	if len(value) != 8 {
		return damaged("its revision has %d bytes", len(value))
	}
	n := newest{Revision: binary.BigEndian.Uint64(value)}
	sealed := make(map[string][]byte) // a bucket is not to be changed while it is walked
	err := objects.ForEach(func(key, text []byte) error {
		record, sum := seal(key, text)
		sealed[string(key)] = record
		n.Objects++
		n.Sum += uint64(sum)
		return nil
	})
	if err != nil {
		return err
	}
	for key, record := range sealed {
		if err := objects.Put([]byte(key), record); err != nil {
			return err
		}
	}
	if err := state.Delete(revisionKey); err != nil {
		return err
	}
	return n.write(tx)
}

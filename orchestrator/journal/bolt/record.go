package bolt

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// format is the number of the layout that this package writes.
const format = 1

var (
	stateBucket   = []byte("state")
	objectsBucket = []byte("objects")
	formatKey     = []byte("format")
	revisionKey   = []byte("revision")
)

// create makes an empty journal.
func create(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket(objectsBucket); err != nil {
		return err
	}
	state, err := tx.CreateBucket(stateBucket)
	if err != nil {
		return err
	}
	if err := state.Put(revisionKey, binary.BigEndian.AppendUint64(nil, 0)); err != nil {
		return err
	}
	return state.Put(formatKey, strconv.AppendInt(nil, format, 10))
}

// checkFormat refuses a file that this package can't read.
func checkFormat(state *bbolt.Bucket) error {
	text := string(state.Get(formatKey))
	switch n, err := strconv.Atoi(text); {
	case err != nil:
		return fmt.Errorf("its format %q is no number", text)
	case n > format:
		return fmt.Errorf("its format is %d, and this program knows those up to %d", n, format)
	}
	return nil
}

// keyOf returns the key of an object's record.
func keyOf(kind store.Kind, m *labels.Meta) []byte {
	return []byte(string(kind) + "/" + m.Namespace + "/" + m.Name)
}

// encode returns the record of an object.
func encode(o labels.Object) ([]byte, error) { return json.Marshal(o) }

// decode returns the object of a record.
func decode(key, value []byte) (labels.Object, error) {
	kind, _, _ := strings.Cut(string(key), "/")
	o := store.Blank(store.Kind(kind))
	if o == nil {
		return nil, fmt.Errorf("record %q is of no known kind", key)
	}
	if err := json.Unmarshal(value, o); err != nil {
		return nil, fmt.Errorf("record %q: %w", key, err)
	}
	return o, nil
}

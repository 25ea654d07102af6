package store

import (
	"errors"

	"github.com/hashicorp/go-memdb"

	"github.com/coracle-dev/coracle/labels"
)

// entry is what memdb stores: one version of an object, and its row.
type entry struct {
	row    *row
	object labels.Object
}

// The only index of each memdb table, and the name that memdb gives to walking
// it by prefix.
const (
	byKey    = "id"
	byPrefix = "id_prefix"
)

// newDatabase returns an empty memdb with one table for each kind.
func newDatabase() (*memdb.MemDB, error) {
	schema := &memdb.DBSchema{Tables: make(map[string]*memdb.TableSchema, numKinds)}
	for _, k := range kinds {
		schema.Tables[string(k)] = &memdb.TableSchema{
			Name: string(k),
			Indexes: map[string]*memdb.IndexSchema{
				byKey: {Name: byKey, Unique: true, Indexer: keyIndexer{}},
			},
		}
	}
	db, err := memdb.NewMemDB(schema)
	if err != nil {
		return nil, err
	}
	// A snapshot takes writes like the original, but keeps no account of
	// which of memdb's own watch channels to close. Nothing waits on those.
	return db.Snapshot(), nil
}

// keyBytes returns the key of an object in its table; without a name, what all
// keys of the namespace begin with. Keys sort by namespace and then by name,
// because 0 is less than any byte of a name.
func keyBytes(namespace, name string) []byte {
	b := make([]byte, 0, len(namespace)+1+len(name))
	b = append(b, namespace...)
	b = append(b, 0)
	return append(b, name...)
}

// keyIndexer tells memdb the key of an entry, and takes ready-made keys as
// arguments of lookups. It allocates nothing.
type keyIndexer struct{}

var errKey = errors.New("not an entry or a key")

// FromObject returns the key of an *entry.
func (keyIndexer) FromObject(raw any) (bool, []byte, error) {
	e, ok := raw.(*entry)
	if !ok {
		return false, nil, errKey
	}
	return true, e.row.key, nil
}

// FromArgs returns its only argument, a key.
func (keyIndexer) FromArgs(args ...any) ([]byte, error) {
	if len(args) == 1 {
		if key, ok := args[0].([]byte); ok {
			return key, nil
		}
	}
	return nil, errKey
}

// PrefixFromArgs returns its only argument, the start of a key.
func (x keyIndexer) PrefixFromArgs(args ...any) ([]byte, error) { return x.FromArgs(args...) }

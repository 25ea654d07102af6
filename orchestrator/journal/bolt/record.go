package bolt

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// A record is a value of the database: the checksum of its key and its text, as
// eight hexadecimal digits and a space, and the text, which is JSON. So a
// record that was damaged, or put in the place of another, is found out, and one
// that is well can be read with any tool for bbolt.
const sumLen = 9

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf returns the checksum of a record.
func sumOf(key, text []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, text)
}

// seal returns the record of a text, and its checksum.
func seal(key, text []byte) (record []byte, sum uint32) {
	sum = sumOf(key, text)
	record = make([]byte, 0, sumLen+len(text))
	record = hex.AppendEncode(record, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return append(append(record, ' '), text...), sum
}

// statedSum returns the checksum that a record claims to have.
func statedSum(record []byte) (uint32, bool) {
	var b [4]byte
	if len(record) < sumLen || record[sumLen-1] != ' ' {
		return 0, false
	}
	if _, err := hex.Decode(b[:], record[:sumLen-1]); err != nil {
		return 0, false
	}
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), true
}

// unseal returns the text of a record, and its checksum. It is an error if they don't agree.
func unseal(key, record []byte) (text []byte, sum uint32, err error) {
	sum, ok := statedSum(record)
	if !ok {
		return nil, 0, damaged("record %q has no checksum", key)
	}
	text = record[sumLen:]
	if is := sumOf(key, text); is != sum {
		return nil, 0, damaged("record %q has checksum %08x, not %08x", key, is, sum)
	}
	return text, sum, nil
}

// keyOf returns the key of an object's record.
func keyOf(kind store.Kind, m *labels.Meta) []byte {
	return []byte(string(kind) + "/" + m.Namespace + "/" + m.Name)
}

// decode returns the object of a text.
func decode(key, text []byte) (labels.Object, error) {
	kind, _, _ := strings.Cut(string(key), "/")
	o := store.Blank(store.Kind(kind))
	if o == nil {
		return nil, damaged("record %q is of no known kind", key)
	}
	if err := json.Unmarshal(text, o); err != nil {
		return nil, fmt.Errorf("record %q: %w: %w", key, ErrDamaged, err)
	}
	if is := keyOf(store.KindOf(o), o.Identity()); string(is) != string(key) {
		return nil, damaged("record %q is of object %q", key, is)
	}
	return o, nil
}

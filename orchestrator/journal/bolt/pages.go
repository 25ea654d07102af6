package bolt

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"io"
)

// bbolt maps the file into memory and follows whatever page numbers, counts and
// offsets it finds; where they are wrong it panics, or reads where there is
// nothing. So a file is first read as bytes, and what checkPages has accepted
// bbolt can walk. Numbers are in the byte order of the machine. A page begins with
//
//	id 8, flags 2, count 2, overflow 4 (how many more pages belong to it)
//
// and count elements of 16 bytes, whose positions count from their own first byte:
//
//	of a leaf    flags 4, position 4, length of the key 4, length of the value 4
//	of a branch  position 4, length of the key 4, page 8
const (
	headLen    = 16
	elementLen = 16

	branchPage   = 0x01
	leafPage     = 0x02
	metaPage     = 0x04
	freelistPage = 0x10

	bucketElement = 0x01 // a flag of leaf elements: the value is a bucket
	bucketLen     = 16   // its root page 8, sequence 8; then, if the root is 0, a page of its own

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaLen     = 64
	noFreelist  = ^uint64(0) // bbolt makes one when it opens the file

	maxDepth = 40 // of pages and buckets within each other: more than any file needs
)

var order = binary.NativeEndian

// meta is one of the first two pages, which say where everything is. Each commit
// writes the older of the two, so the other still has the commit before.
type meta struct {
	pageSize             uint64
	root, freelist, high uint64 // pages; none is in use from high on
	commit               uint64
}

func readMeta(f io.ReaderAt, at int64) (meta, error) {
	var page [headLen + metaLen]byte
	if _, err := f.ReadAt(page[:], at); err != nil {
		return meta{}, damaged("meta page at byte %d: %w", at, err)
	}
	b := page[headLen:]
	m := meta{
		pageSize: uint64(order.Uint32(b[8:])), root: order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]), high: order.Uint64(b[40:]), commit: order.Uint64(b[48:]),
	}
	sum := fnv.New64a()
	sum.Write(b[:56])
	switch {
	case order.Uint32(b) != metaMagic || order.Uint32(b[4:]) != metaVersion:
		return m, damaged("meta page at byte %d: it is none of bbolt, version %d", at, metaVersion)
	case sum.Sum64() != order.Uint64(b[56:]):
		return m, damaged("meta page at byte %d: its checksum is wrong", at)
	case order.Uint16(page[8:])&metaPage == 0 || m.pageSize < 512 || m.pageSize&(m.pageSize-1) != 0:
		return m, damaged("meta page at byte %d: flags %x, page size %d", at, order.Uint16(page[8:]), m.pageSize)
	}
	return m, nil
}

// newestMeta returns the meta page of the newest commit. Both must be well:
// which of them is newer can't be told if one can't be read, and what was lost
// with it may have been acknowledged. With older, one that is well is enough.
func newestMeta(f io.ReaderAt, older bool) (meta, error) {
	first, err := readMeta(f, 0)
	if err != nil && !older {
		return first, err
	}
	if err == nil {
		second, err2 := readMeta(f, int64(first.pageSize))
		switch {
		case err2 != nil && older:
			return first, nil
		case err2 != nil:
			return first, err2
		case first.pageSize != second.pageSize || first.commit+1 != second.commit && second.commit+1 != first.commit:
			return first, damaged("its meta pages are of commits %d and %d", first.commit, second.commit)
		case second.commit > first.commit:
			return second, nil
		}
		return first, nil
	}
	for size := int64(512); size <= 1<<16; size *= 2 { // where the second one is, only the first one says
		if second, err2 := readMeta(f, size); err2 == nil && int64(second.pageSize) == size {
			return second, nil
		}
	}
	return first, err
}

// checkPages returns an error if bbolt could stumble over anything in the file.
func checkPages(f io.ReaderAt, size int64, older bool) error {
	m, err := newestMeta(f, older)
	if err != nil {
		return err
	}
	if pages := uint64(size) / m.pageSize; m.high > pages || m.high < 3 {
		return damaged("it has %d whole pages and should have %d: was it cut off?", pages, m.high)
	}
	p := pages{file: f, meta: m, used: make([]bool, m.high)}
	p.used[0], p.used[1] = true, true
	if err := p.tree(m.root, &walk{}, 0, nil); err != nil {
		return err
	}
	return p.free()
}

// pages walks the pages of one commit.
type pages struct {
	file io.ReaderAt
	meta meta
	used []bool // by page: it was met
	leaf []byte // the last leaf that was read
}

// walk is the way through one bucket, in the order of its keys.
type walk struct {
	key   []byte // the last one
	begun bool   // there is a last one
}

// follows reports whether a key may come next, where a branch says that none before atLeast does.
func (w *walk) follows(key, atLeast []byte) bool {
	return (!w.begun || bytes.Compare(key, w.key) > 0) && bytes.Compare(key, atLeast) >= 0
}

// read returns a page with all that belongs to it. A leaf is good until the next one is read.
func (p *pages) read(id uint64) (page []byte, flags uint16, err error) {
	if id < 2 || id >= p.meta.high {
		return nil, 0, damaged("page %d: there is none", id)
	}
	var head [headLen]byte
	at := int64(id * p.meta.pageSize)
	if _, err := p.file.ReadAt(head[:], at); err != nil {
		return nil, 0, damaged("page %d: %w", id, err)
	}
	flags, more := order.Uint16(head[8:]), uint64(order.Uint32(head[12:]))
	if is := order.Uint64(head[:]); is != id || id+more >= p.meta.high {
		return nil, 0, damaged("page %d: it says that it is page %d, with %d more", id, is, more)
	}
	for i := id; i <= id+more; i++ {
		if p.used[i] {
			return nil, 0, damaged("page %d: it is in use twice", i)
		}
		p.used[i] = true
	}
	length := (more + 1) * p.meta.pageSize
	if flags == leafPage {
		if uint64(cap(p.leaf)) < length {
			p.leaf = make([]byte, length)
		}
		page = p.leaf[:length]
	} else {
		page = make([]byte, length)
	}
	if _, err := p.file.ReadAt(page, at); err != nil {
		return nil, 0, damaged("page %d: %w", id, err)
	}
	return page, flags, nil
}

// tree checks the page and all below it; what is in it comes after what w has
// seen, and not before the key that the branch above has for it.
func (p *pages) tree(id uint64, w *walk, depth int, atLeast []byte) error {
	page, flags, err := p.read(id)
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return damaged("page %d: it is %d pages deep", id, depth)
	case flags == leafPage:
		return p.elements(page, id, w, depth, atLeast)
	case flags != branchPage:
		return damaged("page %d: it is neither leaf nor branch, but %#x", id, flags)
	}
	count := int(order.Uint16(page[10:]))
	if count == 0 || headLen+count*elementLen > len(page) {
		return damaged("page %d: a branch can't have %d elements", id, count)
	}
	for i := range count {
		at := headLen + i*elementLen
		e := page[at:]
		key, _, ok := within(page, at, count, order.Uint32(e), order.Uint32(e[4:]), 0)
		if !ok || !w.follows(key, atLeast) {
			return damaged("page %d: element %d is out of place", id, i)
		}
		if err := p.tree(order.Uint64(e[8:]), w, depth+1, key); err != nil {
			return err
		}
	}
	return nil
}

// elements checks those of a leaf, and the buckets among them. The id is for errors.
func (p *pages) elements(page []byte, id uint64, w *walk, depth int, atLeast []byte) error {
	count := int(order.Uint16(page[10:]))
	if headLen+count*elementLen > len(page) {
		return damaged("page %d: a leaf can't have %d elements", id, count)
	}
	var buckets [][]byte // copies: the page is good until the next leaf is read
	for i := range count {
		at := headLen + i*elementLen
		e := page[at:]
		key, value, ok := within(page, at, count, order.Uint32(e[4:]), order.Uint32(e[8:]), order.Uint32(e[12:]))
		if !ok || !w.follows(key, atLeast) {
			return damaged("page %d: element %d is out of place", id, i)
		}
		w.key, w.begun = append(w.key[:0], key...), true
		switch flags := order.Uint32(e); {
		case flags == bucketElement && len(value) >= bucketLen:
			buckets = append(buckets, bytes.Clone(value))
		case flags != 0:
			return damaged("page %d: element %d has flags %#x and %d bytes", id, i, flags, len(value))
		}
	}
	for _, b := range buckets {
		if err := p.bucket(b, id, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// bucket checks what is in a bucket that stands on a page.
func (p *pages) bucket(value []byte, id uint64, depth int) error {
	root := order.Uint64(value)
	if root != 0 {
		return p.tree(root, &walk{}, depth, nil)
	}
	page := value[bucketLen:]
	if len(page) < headLen || order.Uint16(page[8:]) != leafPage || depth > maxDepth {
		return damaged("page %d: a small bucket is no leaf", id)
	}
	return p.elements(page, id, &walk{}, depth, nil)
}

// within returns key and value of an element at a place on a page with so many
// elements, if they are on the page and behind the elements.
func within(page []byte, at, count int, position, keyLen, valueLen uint32) (key, value []byte, ok bool) {
	from := uint64(at) + uint64(position)
	middle := from + uint64(keyLen)
	to := middle + uint64(valueLen)
	if from < uint64(headLen+count*elementLen) || to > uint64(len(page)) {
		return nil, nil, false
	}
	return page[from:middle], page[middle:to], true
}

// free checks that every page is either in use or on the list of those that are free.
func (p *pages) free() error {
	if p.meta.freelist == noFreelist {
		return nil
	}
	page, flags, err := p.read(p.meta.freelist)
	if err != nil {
		return err
	}
	count, ids := uint64(order.Uint16(page[10:])), page[headLen:]
	if count == 0xffff { // there are more than fit the head
		count, ids = order.Uint64(ids), ids[8:]
	}
	if flags != freelistPage || count > uint64(len(ids))/8 {
		return damaged("page %d: it is no list of %d free pages", p.meta.freelist, count)
	}
	for i := range count {
		id := order.Uint64(ids[8*i:])
		if id >= p.meta.high || p.used[id] {
			return damaged("page %d: page %d is not free", p.meta.freelist, id)
		}
		p.used[id] = true
	}
	for id, used := range p.used {
		if !used {
			return damaged("page %d: it is neither free nor in use", id)
		}
	}
	return nil
}

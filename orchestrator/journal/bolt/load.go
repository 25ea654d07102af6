package bolt

import (
	"context"
	"runtime"
	"slices"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"github.com/coracle-dev/coracle/labels"
)

// chunk is how many records are decoded at a time by one goroutine.
const chunk = 512

// load returns all objects, in the order of their keys, and the newest
// revision. It is an error if they are not what was appended.
func load(ctx context.Context, tx *bbolt.Tx) ([]labels.Object, uint64, error) {
	want, err := readNewest(tx)
	if err != nil {
		return nil, 0, err
	}
	var parts []*part
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	next := &part{}
	begin := func() {
		if p := next; len(p.keys) > 0 {
			parts = append(parts, p)
			group.Go(func() error { return p.decode(ctx) })
		}
		next = &part{}
	}
	err = tx.Bucket(objectsBucket).ForEach(func(key, record []byte) error {
		next.keys, next.records = append(next.keys, key), append(next.records, record)
		if len(next.keys) == chunk {
			begin()
		}
		return ctx.Err()
	})
	begin()
	if broken := group.Wait(); broken != nil {
		err = broken
	}
	if err != nil {
		return nil, 0, err
	}
	is := newest{Revision: want.Revision}
	objects := make([][]labels.Object, 0, len(parts))
	for _, p := range parts {
		objects = append(objects, p.objects)
		is.Objects += len(p.objects)
		is.Sum += p.sum
	}
	if is != want {
		return nil, 0, damaged("it has %d objects with checksum %x, and should have %d with %x", is.Objects, is.Sum, want.Objects, want.Sum)
	}
	return slices.Concat(objects...), want.Revision, nil
}

// part is a run of records that are decoded together.
type part struct {
	keys, records [][]byte // within the file: good as long as the transaction
	objects       []labels.Object
	sum           uint64
}

func (p *part) decode(ctx context.Context) error {
	p.objects = make([]labels.Object, len(p.keys))
	for i, key := range p.keys {
		text, sum, err := unseal(key, p.records[i])
		if err != nil {
			return err
		}
		if p.objects[i], err = decode(key, text); err != nil {
			return err
		}
		p.sum += uint64(sum)
	}
	p.keys, p.records = nil, nil
	return ctx.Err()
}

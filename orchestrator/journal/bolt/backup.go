package bolt

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"
)

// Backup writes a copy of the file to w, as it is at the moment of the call,
// while appends go on. The copy is a journal of its own: Open opens it, and
// Restore puts it in its place. Pages that a slow w still has to get are not
// used again meanwhile, so the file may grow.
func (j *Journal) Backup(ctx context.Context, w io.Writer) error {
	to := &ending{ctx: ctx, w: w}
	err := j.db.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(to)
		return cmp.Or(to.failed, err)
	})
	if err != nil {
		return fmt.Errorf("back up journal %q: %w", j.path, err)
	}
	return nil
}

// ending is a writer that ends with its context, and remembers why it failed.
type ending struct {
	ctx    context.Context
	w      io.Writer
	failed error
}

func (e *ending) Write(b []byte) (n int, err error) {
	if err = e.ctx.Err(); err == nil {
		n, err = e.w.Write(b)
	}
	e.failed = err
	return n, err
}

// Restore makes the file at path from what Backup wrote. It must not be there
// yet: a journal that is to be replaced is moved away first. The backup is read
// and checked as a whole before anything is at path; ErrDamaged if it is not what
// was written.
func Restore(path string, backup io.Reader) error {
	err := makeFile(path, func(draft string) error {
		f, err := os.OpenFile(draft, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(f, 1<<20)
		_, err = w.ReadFrom(backup)
		if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
			return err
		}
		return checkAll(draft)
	})
	if err != nil {
		return fmt.Errorf("restore journal %q: %w", path, err)
	}
	return nil
}

// makeFile is place for a file that must not be there before.
func makeFile(path string, fill func(draft string) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	placed, err := place(path, fill)
	if err == nil && !placed {
		err = fs.ErrExist
	}
	return err
}

// checkAll opens a journal and reads all of it.
func checkAll(path string) error {
	j, err := openJournal(path, false)
	if err != nil {
		return err
	}
	_, _, err = j.Load(context.Background())
	return errors.Join(err, j.db.Close())
}

// Rewind goes back to the batch before the newest one, in a file that is
// ErrDamaged in nothing but where it says which batch is the newest. What was
// acknowledged of that batch is lost, so it is for an operator to decide. It returns
// the revision that the journal then has. Where more is damaged it is
// ErrDamaged, and nothing is changed; where nothing is, nothing is done.
func Rewind(path string) (revision uint64, err error) {
	j, err := openJournal(path, true)
	if err == nil {
		_, revision, err = j.Load(context.Background())
		if err == nil { // a commit writes the damaged page anew
			err = j.db.Update(j.state.write)
		}
		err = errors.Join(err, j.db.Close())
	}
	if err != nil {
		return 0, fmt.Errorf("rewind journal %q: %w", path, err)
	}
	return revision, nil
}

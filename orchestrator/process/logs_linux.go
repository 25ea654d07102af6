package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Logs reads the log of one of the newest two attempts of a container, from all
// of its files. Tail counts the lines of the streams that are read. With Follow
// it goes from file to file as they are put aside, and looks for more every
// tenth of a second; what is put aside faster than it is read, five files in
// all by default, is lost to it.
func (r *Runtime) Logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	a, err := r.attempt(ref)
	if err == nil {
		err = r.logs(ctx, a, o)
	}
	if err != nil {
		return fmt.Errorf("read logs of container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) logs(ctx context.Context, a attempt, o orchestrator.LogOptions) error {
	if !a.used() {
		return orchestrator.ErrNoAttempt
	}
	over, err := r.over(a) // before the files are opened: what was said by then is in them
	if err != nil {
		return err
	}
	files, err := openLogs(a)
	if err != nil {
		return err
	}
	l := logReader{files: files, out: orchestrator.NewLogWriter(o)}
	defer l.close()
	if o.Tail != nil {
		if err := l.skip(*o.Tail); err != nil {
			return err
		}
	}
	for pause := time.Millisecond; ; {
		more, err := l.pass(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil // as much as was asked for
		case err != nil:
			return err
		case over || !o.Follow:
			return nil
		case more:
			pause = time.Millisecond
		}
		if over, err = r.over(a); err != nil {
			return err
		}
		if !over {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			pause = min(2*pause, 100*time.Millisecond)
		}
		if err := l.catchUp(a); err != nil {
			return err
		}
	}
}

// over reports whether nothing is written to the attempt's log any more.
func (r *Runtime) over(a attempt) (bool, error) {
	if exists(a.path(exitFile)) || !exists(a.dir) {
		return true, nil
	}
	w, err := r.follow(a)
	return w == nil, err
}

// openLogs opens the files of a log, the oldest first. Files that are put aside
// meanwhile are in it once, and none between them is missing. There may be none at all.
func openLogs(a attempt) ([]*os.File, error) {
	var files []*os.File
	for n, missing := 0, false; ; n++ {
		f, err := os.Open(a.logAt(n))
		if isMissing(err) {
			if missing {
				return files, nil
			}
			missing = true // it was put aside a moment ago, or there are no more
			continue
		}
		if err != nil {
			closeAll(files)
			return nil, err
		}
		if len(files) > 0 && sameFile(files[0], f) {
			f.Close()
			continue
		}
		files = append([]*os.File{f}, files...)
	}
}

// logAt returns the path of the log, or of the n'th file that was put aside.
func (a attempt) logAt(n int) string {
	if n == 0 {
		return a.path(logFile)
	}
	return fmt.Sprint(a.path(logFile), ".", n)
}

func sameFile(a, b *os.File) bool {
	x, errX := a.Stat()
	y, errY := b.Stat()
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// logReader goes through the files of a log, and on to those that come.
type logReader struct {
	files []*os.File // those not read yet, the oldest first
	at    int64      // how far the first was read: to the end of a line
	out   *orchestrator.LogWriter
}

func (l *logReader) close() { closeAll(l.files) }

// pass writes everything up to the present end, and reports whether there was
// anything. The last file stays open.
func (l *logReader) pass(ctx context.Context) (more bool, err error) {
	for len(l.files) > 0 {
		from := l.at
		err := l.each(l.files[0], l.at, func(e entry, end int64) error {
			l.at = end
			more = true
			if err := l.out.Write(e.at, e.stream, e.text); err != nil {
				return err
			}
			return ctx.Err()
		})
		if err != nil {
			return more, err
		}
		if len(l.files) == 1 {
			return more || l.at > from, ctx.Err()
		}
		l.files[0].Close()
		l.files, l.at = l.files[1:], 0
	}
	return false, nil
}

// each calls do for every entry of a file from an offset on, with the offset
// behind it.
func (l *logReader) each(f *os.File, from int64, do func(e entry, end int64) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(f, from, 1<<62), 2*lineMax)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // a line that is being written is read when it is whole
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		from += int64(len(line))
		if e, ok := parseEntry(line); ok {
			if err := do(e, from); err != nil {
				return err
			}
		}
	}
}

// skip goes to the place n lines before the end.
func (l *logReader) skip(n int) error {
	for i := len(l.files) - 1; i >= 0; i-- {
		starts, err := l.lastLines(l.files[i], n)
		if err != nil {
			return err
		}
		if n -= len(starts); n <= 0 || i == 0 {
			closeAll(l.files[:i])
			l.files = l.files[i:]
			if len(starts) > 0 && n <= 0 {
				l.at = starts[0]
			} else if n <= 0 {
				l.at, err = endOfLines(l.files[0])
			}
			return err
		}
	}
	return nil
}

// lastLines returns where the last n lines of a file begin, of those that are wanted.
func (l *logReader) lastLines(f *os.File, n int) ([]int64, error) {
	var starts []int64
	inside := map[orchestrator.Stream]bool{}
	begin := int64(0)
	err := l.each(f, 0, func(e entry, end int64) error {
		if l.out.Wants(e.at, e.stream) {
			if !inside[e.stream] && n > 0 {
				if starts = append(starts, begin); len(starts) > n {
					starts = starts[1:]
				}
			}
			inside[e.stream] = !e.whole
		}
		begin = end
		return nil
	})
	return starts, err
}

// endOfLines returns the offset behind the last whole line of a file.
func endOfLines(f *os.File) (end int64, err error) {
	err = new(logReader).each(f, 0, func(_ entry, at int64) error { end = at; return nil })
	return end, err
}

// catchUp finds the files that came after the one that is being read.
func (l *logReader) catchUp(a attempt) error {
	files, err := openLogs(a)
	if err != nil || len(files) == 0 {
		return err
	}
	for i, f := range files {
		if len(l.files) > 0 && sameFile(f, l.files[len(l.files)-1]) {
			closeAll(files[:i+1])
			l.files = append(l.files, files[i+1:]...)
			return nil
		}
	}
	l.files = append(l.files, files...) // it was overwritten: go on with the oldest there is
	return nil
}

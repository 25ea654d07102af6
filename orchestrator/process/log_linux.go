package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// lineMax is the length in bytes above which a line is logged in parts.
const lineMax = 16 << 10

// rotatingLog is the log of one attempt: the file itself, and older ones with
// .1 (the newest), .2, … behind the name. Each line of the program becomes
//
//	2026-01-31T12:00:00.000000000Z stdout F the text
//
// with the time it was read at, the stream, and F or, where the line goes on in
// the next entry, P. Kubernetes' container runtimes write the same form. What
// can't be written is dropped: a full disk never stops the program.
type rotatingLog struct {
	path     string
	maxBytes int64
	maxFiles int

	mu   sync.Mutex
	file *os.File
	size int64
}

func openLog(path string, maxBytes int64, maxFiles int) (*rotatingLog, error) {
	l := &rotatingLog{path: path, maxBytes: max(maxBytes, 1), maxFiles: max(maxFiles, 1)}
	return l, l.open(os.O_APPEND)
}

func (l *rotatingLog) open(flag int) error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|flag, 0o600)
	if err != nil {
		return err
	}
	l.file, l.size = f, 0
	if info, err := f.Stat(); err == nil {
		l.size = info.Size()
	}
	return nil
}

// copy logs what comes from r until it ends. Lines that come together are
// written together.
func (l *rotatingLog) copy(stream string, r io.Reader) {
	in := bufio.NewReaderSize(r, lineMax)
	var entries []byte
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			entries = appendEntry(entries, time.Now(), stream, line)
		}
		if in.Buffered() == 0 || len(entries) > 4*lineMax || err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			l.write(entries)
			entries = entries[:0]
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// appendEntry adds one entry. A line without its end is a part.
func appendEntry(b []byte, now time.Time, stream string, line []byte) []byte {
	const nanos = "2006-01-02T15:04:05.000000000Z07:00"
	b = now.UTC().AppendFormat(b, nanos)
	kind := byte('P')
	if n := len(line) - 1; line[n] == '\n' {
		kind, line = 'F', line[:n]
	}
	b = fmt.Appendf(b, " %s %c ", stream, kind)
	return append(append(b, line...), '\n')
}

// write adds whole entries to the file, and begins a new one where it is full.
func (l *rotatingLog) write(entries []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(entries) == 0 {
		return
	}
	if l.size > 0 && l.size+int64(len(entries)) > l.maxBytes {
		l.rotate()
	}
	if l.file == nil && l.open(os.O_APPEND) != nil {
		return
	}
	n, _ := l.file.Write(entries)
	l.size += int64(n)
}

// rotate renames each file to the next number; the oldest one is overwritten.
func (l *rotatingLog) rotate() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
	name := func(n int) string {
		if n == 0 {
			return l.path
		}
		return fmt.Sprint(l.path, ".", n)
	}
	if l.maxFiles == 1 {
		os.Remove(l.path)
	}
	for n := l.maxFiles - 1; n > 0; n-- {
		os.Rename(name(n-1), name(n))
	}
	l.open(os.O_APPEND)
}

// Close ends the log.
func (l *rotatingLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

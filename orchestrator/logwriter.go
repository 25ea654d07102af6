package orchestrator

import (
	"io"
	"time"
)

// Stream is one of the two on which a program speaks.
type Stream string

// The streams, as the logs of containers name them.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// LogWriter writes the lines of a log as LogOptions want them. It is for those
// who implement Logger; what Tail and Follow mean is up to them. Not for
// concurrent use.
type LogWriter struct {
	o      LogOptions
	left   int64
	inside map[Stream]bool // the last piece of the stream was no end of a line
}

// NewLogWriter returns a writer for one call of Logs.
func NewLogWriter(o LogOptions) *LogWriter {
	return &LogWriter{o: o, left: o.LimitBytes, inside: make(map[Stream]bool)}
}

// Wants reports whether what was said then on a stream belongs to the log that is asked for.
func (w *LogWriter) Wants(at time.Time, stream Stream) bool {
	return w.to(stream) != nil && (w.o.Since.IsZero() || !at.Before(w.o.Since))
}

// Write writes a line, or a piece of one where it does not end with a line
// break; with a time in front where that is wanted and a line begins. It leaves
// out what is not wanted. It returns io.EOF once the limit is reached, and
// otherwise the error of the writer.
func (w *LogWriter) Write(at time.Time, stream Stream, text []byte) error {
	if len(text) == 0 || !w.Wants(at, stream) {
		return nil
	}
	if w.o.Timestamps && !w.inside[stream] {
		text = append(append(at.UTC().AppendFormat(nil, "2006-01-02T15:04:05.000000000Z07:00"), ' '), text...)
	}
	w.inside[stream] = text[len(text)-1] != '\n'
	full := w.o.LimitBytes > 0 && int64(len(text)) >= w.left
	if full {
		text = text[:w.left]
	}
	w.left -= int64(len(text))
	if _, err := w.to(stream).Write(text); err != nil {
		return err
	}
	if full {
		return io.EOF
	}
	return nil
}

func (w *LogWriter) to(stream Stream) io.Writer {
	if stream == Stderr {
		return w.o.Stderr
	}
	return w.o.Stdout
}

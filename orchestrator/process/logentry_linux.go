package process

import (
	"bytes"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// entry is one line of a log: what a program said at one time on one stream.
type entry struct {
	at     time.Time
	stream orchestrator.Stream
	whole  bool   // the line of the program ends here
	text   []byte // with its line break where it is whole; part of what it was read from
}

// parseEntry reads a line of a log, with its line break. A line that was cut
// off, by a full disk for example, is none.
func parseEntry(line []byte) (entry, bool) {
	when, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(line) == 0 || line[len(line)-1] != '\n' {
		return entry{}, false
	}
	stream, rest, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(rest) < 3 || rest[1] != ' ' {
		return entry{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(when))
	if err != nil {
		return entry{}, false
	}
	e := entry{at: at, stream: orchestrator.Stream(stream), whole: rest[0] == 'F', text: rest[2:]}
	if !e.whole {
		e.text = e.text[:len(e.text)-1]
	}
	return e, e.stream == orchestrator.Stdout || e.stream == orchestrator.Stderr
}

package process

import (
	"bytes"
	"io"
	"os"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// messageVariable holds the path of the file in which a program may say why it
// ends. Nothing is mounted, so terminationMessagePath itself means nothing here.
const messageVariable = "TERMINATION_MESSAGE_PATH"

// lastWords returns the message of a program that has ended: the end of its
// message file; where that is empty, the program failed, and its container says
// so, the end of its log.
func (s *supervisor) lastWords(failed bool) string {
	text := endOf(messageFile, pod.MaxMessageBytes)
	if len(text) == 0 && failed && s.spec.MessageFromLogs {
		text = s.endOfLog()
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// endOf returns at most the last n bytes of a file, none where it can't be read.
// Only a plain file is read: the program may have put anything in its place.
func endOf(path string, n int64) []byte {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, _ := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-n), n))
	return b
}

// endOfLog returns what the program said last, without times and streams.
func (s *supervisor) endOfLog() []byte {
	// Each line of the log is a little longer than what was said; the newest two
	// files have the last lines wherever the log was put aside.
	const room = pod.MaxMessageLogBytes + 64*pod.MaxMessageLogLines
	entries := append(endOf(logFile+".1", room), endOf(logFile, room)...)
	lines := bytes.SplitAfter(entries, []byte("\n"))
	if len(lines) > 1 {
		lines = lines[:len(lines)-1] // nothing follows the last line break
	}
	var text []byte
	count := 0
	for i := len(lines) - 1; i >= 0 && len(text) < pod.MaxMessageLogBytes; i-- {
		e, ok := parseEntry(lines[i])
		if !ok {
			continue
		}
		if e.whole {
			if count++; count > pod.MaxMessageLogLines {
				break
			}
		}
		text = append(bytes.Clone(e.text), text...)
	}
	return tail(text, pod.MaxMessageLogBytes)
}

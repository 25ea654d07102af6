package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// exitSize is the room on the disk that is taken for an exit record before the
// program starts, so that a disk that is full later does not lose its exit code.
const exitSize = 8192

// draftExit takes the room.
func draftExit() (*os.File, error) {
	f, err := os.OpenFile(exitDraft, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(bytes.Repeat([]byte{' '}, exitSize))
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// writeExit makes the exit record. It goes on trying for a minute where the disk refuses.
func writeExit(draft *os.File, t pod.Terminated) error {
	b, err := json.Marshal(t)
	for err == nil && len(b) > exitSize { // it has much in it that JSON spells at length
		t.Message = strings.ToValidUTF8(string(tail([]byte(t.Message), len(t.Message)/2)), "")
		b, err = json.Marshal(t)
	}
	if err != nil {
		return err
	}
	if n := exitSize - len(b); n > 0 {
		b = append(b, bytes.Repeat([]byte{' '}, n)...)
	}
	for range 60 {
		_, err = draft.WriteAt(b, 0)
		err = errors.Join(err, draft.Sync())
		if err == nil {
			err = os.Rename(exitDraft, exitFile)
		}
		if err == nil || isMissing(err) {
			break
		}
		time.Sleep(time.Second)
	}
	if err == nil {
		err = syncDir(".")
	}
	return err
}

package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// progress is how far a pull has come. The engine's messages are written to it.
// Its zero value is ready to use.
type progress struct {
	mu     sync.Mutex
	line   []byte           // a message that has not come whole yet
	layers map[string]layer // by id
	failed string           // what the engine said went wrong
}

// layer is one part of an image on its way.
type layer struct{ current, total int64 }

// message is one of those that the engine sends while it pulls.
type message struct {
	Status         string `json:"status"`
	ID             string `json:"id"`
	Error          string `json:"error"`
	ProgressDetail struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
}

// Write takes a part of the engine's messages, of which each is a line.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = append(p.line, b...)
	for {
		line, rest, whole := bytes.Cut(p.line, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		p.line = rest
		p.take(line)
	}
}

func (p *progress) take(line []byte) {
	var m message
	if json.Unmarshal(line, &m) != nil {
		return // nothing depends on it
	}
	if m.Error != "" {
		p.failed = m.Error
	}
	have, known := p.layers[m.ID]
	switch m.Status {
	case "Downloading":
		if p.layers == nil {
			p.layers = make(map[string]layer)
		}
		p.layers[m.ID] = layer{m.ProgressDetail.Current, max(m.ProgressDetail.Total, have.total)}
	case "Download complete", "Pull complete":
		if known {
			p.layers[m.ID] = layer{have.total, have.total}
		}
	}
}

// failure returns what the engine said went wrong.
func (p *progress) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == "" {
		var m message
		if json.Unmarshal(p.line, &m) != nil || m.Error == "" { // the last line may have no end
			return nil
		}
		p.failed = m.Error
	}
	return errors.New(p.failed)
}

// text says how much has come of what is known to be to come.
func (p *progress) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum layer
	for _, l := range p.layers {
		sum.current += l.current
		sum.total += l.total
	}
	if sum.total == 0 {
		return "nothing to download so far"
	}
	return fmt.Sprintf("%s of %s", size(sum.current), size(sum.total))
}

// size writes a number of bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

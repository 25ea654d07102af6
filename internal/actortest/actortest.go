// Package actortest plays the containers that the suite of runtimes wants to look
// into, on a fake.Runtime: what they say, what commands in them do, who listens.
// The suite runs on that as it is, and with every promise broken once.
package actortest

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

// Look adds to a harness the containers that Play plays, and the commands that
// Obey obeys.
func Look(h orchtest.RuntimeHarness) orchtest.RuntimeHarness {
	h.Says = func(name string, code int, lines ...string) pod.Container {
		return pod.Container{Name: name, Image: "says", Args: append([]string{strconv.Itoa(code)}, lines...)}
	}
	h.LastWords = func(name, text string, code int) pod.Container {
		return pod.Container{Name: name, Image: "last-words", Args: []string{strconv.Itoa(code), text}}
	}
	h.Command = func(words ...string) []string { return words }
	h.Serves = func(name string, port int, text string) pod.Container {
		return pod.Container{Name: name, Image: "serves", Args: []string{strconv.Itoa(port), text}}
	}
	return h
}

// Play returns the script of a container of Look; false for any other.
func Play(c *pod.Container) (s fake.Script, known bool) {
	switch c.Image {
	case "says":
		s = talker(c)
	case "last-words":
		s.Runs, s.Message = fake.AtOnce, c.Args[1][max(0, len(c.Args[1])-pod.MaxMessageBytes):]
		s.ExitCode, _ = strconv.Atoi(c.Args[0])
	case "serves":
		s.Dial = func(_ context.Context, port int) (net.Conn, error) {
			if strconv.Itoa(port) != c.Args[0] {
				return nil, fmt.Errorf("port %d: nobody listens", port)
			}
			here, there := net.Pipe()
			go serve(there, c.Args[1])
			return here, nil
		}
	default:
		return s, false
	}
	return s, true
}

// talker is a script that says the lines in the arguments.
func talker(c *pod.Container) (s fake.Script) {
	if s.ExitCode, _ = strconv.Atoi(c.Args[0]); s.ExitCode >= 0 {
		s.Runs = 10 * time.Millisecond
	} else {
		s.ExitCode = 0
	}
	for i, text := range c.Args[1:] {
		l := fake.Line{After: time.Duration(i) * time.Millisecond, Text: text}
		if after, cut := strings.CutPrefix(text, "!"); cut {
			l.Stream, l.Text = orchestrator.Stderr, after
		}
		s.Says = append(s.Says, l)
		if s.ExitCode != 0 && c.TerminationMessagePolicy == pod.MessageFromLogs {
			s.Message += text + "\n"
		}
	}
	return s
}

// serve answers one request.
func serve(conn net.Conn, text string) {
	defer conn.Close()
	conn.Read(make([]byte, 1024))
	fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\n\r\n%s", text)
}

// Obey does what the words of a command say. It is the Exec of a script.
func Obey(ctx context.Context, o orchestrator.ExecOptions) (code int) {
	switch o.Command[0] {
	case "exit":
		code, _ = strconv.Atoi(o.Command[1])
	case "say":
		write(o.Stdout, o.Command[1])
	case "complain":
		write(o.Stderr, o.Command[1])
	case "echo":
		<-time.After(time.Millisecond) // so that commands meet
		if o.Stdin != nil {
			text, _ := io.ReadAll(o.Stdin)
			write(o.Stdout, string(text))
		}
	case "hang":
		<-ctx.Done()
	}
	return code
}

func write(w io.Writer, text string) {
	if w != nil {
		io.WriteString(w, text)
	}
}

//go:build linux

package process_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator/process"
)

// The test binary plays every part: the tests, the supervisors, the programs in
// the containers, and a host program that is killed.
func TestMain(m *testing.M) {
	// A program with the race detector takes a second to exit, unless told not to.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	process.Supervise()
	if what := os.Getenv("WORKLOAD"); what != "" {
		os.Exit(workloads()[what]())
	}
	if dir := os.Getenv("HOST_DIR"); dir != "" {
		os.Exit(host(dir))
	}
	os.Exit(m.Run())
}

func argument(n int) string {
	if n < len(os.Args) {
		return os.Args[n]
	}
	return ""
}

func number(n int) int {
	v, _ := strconv.Atoi(argument(n))
	return v
}

// forever blocks until the process is killed.
func forever() int {
	for {
		time.Sleep(time.Hour)
	}
}

// note appends a line to a file with a single write.
func note(path, line string) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintln(f, line)
}

// spawnSelf starts another workload, in a session of its own where daemon is set.
func spawnSelf(what string, daemon bool, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), "WORKLOAD="+what)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: daemon}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd
}

// workloads are the programs; each returns its exit code. More words come as arguments.
func workloads() map[string]func() int {
	return map[string]func() int{
		"exit":    func() int { return number(1) },
		"forever": forever,
		"suicide": func() int {
			syscall.Kill(os.Getpid(), syscall.Signal(number(1)))
			return forever()
		},
		"polite": func() int { // ends with code 3 on SIGTERM
			terms := make(chan os.Signal, 1)
			signal.Notify(terms, syscall.SIGTERM)
			fmt.Println("ready")
			<-terms
			fmt.Println("bye")
			return 3
		},
		"stubborn": func() int {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			fmt.Println("ready")
			return forever()
		},
		"once": func() int { // notes every start in a file
			note(argument(1), strconv.Itoa(os.Getpid()))
			return forever()
		},
		"environ": func() int {
			fmt.Println(strings.Join(os.Environ(), "\n"))
			dir, _ := os.Getwd()
			fmt.Println("PWD " + dir)
			fmt.Println("ARGS " + strings.Join(os.Args[1:], " "))
			return 0
		},
		"talk": func() int {
			for i := range number(1) {
				fmt.Printf("out %d %s\n", i, strings.Repeat("x", number(2)))
				fmt.Fprintf(os.Stderr, "err %d\n", i)
			}
			fmt.Print("no end")
			return 0
		},
		"family": family,
		"orphan": func() int { // a daemon's second fork: its parent is gone
			note(argument(1), strconv.Itoa(os.Getpid()))
			return forever()
		},
		"fork": func() int { // a daemon's first fork: starts the second and ends
			spawnSelf("orphan", true, argument(1))
			return 0
		},
		"hog": func() int {
			for kept := []byte{1}; ; {
				kept = append(kept, kept...)
				for i := range kept {
					kept[i]++
				}
			}
		},
		"spin": func() int { // says how much cpu a second of spinning got, in ms
			used := func() int64 {
				var u syscall.Rusage
				syscall.Getrusage(syscall.RUSAGE_SELF, &u)
				return (u.Utime.Nano() + u.Stime.Nano()) / 1e6
			}
			before := used() // what it took to begin
			for end := time.Now().Add(time.Second); time.Now().Before(end); {
			}
			fmt.Println("used", used()-before)
			return 0
		},
		"serve": func() int { // answers at a port with a text
			err := http.ListenAndServe(net.JoinHostPort(os.Getenv("POD_IP"), argument(1)), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, argument(2))
			}))
			fmt.Println(err)
			return 1
		},
		"http": func() int {
			at := net.JoinHostPort(os.Getenv("POD_IP"), argument(1))
			l, err := net.Listen("tcp4", at)
			if err != nil {
				fmt.Println(err)
				return 1
			}
			fmt.Println("ready")
			http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, os.Getenv("POD_NAME"), " ", l.Addr())
			}))
			return 0
		},
	}
}

// family starts a child, a child in its own session, and a daemon that forked
// twice; all note their ids in a file. With a second argument it then ends.
func family() int {
	at := argument(1)
	spawnSelf("orphan", false, at)
	spawnSelf("orphan", true, at)
	spawnSelf("fork", false, at).Wait()
	note(at, strconv.Itoa(os.Getpid()))
	if argument(2) != "" {
		for { // until all have noted theirs
			b, _ := os.ReadFile(at)
			if strings.Count(string(b), "\n") >= 4 {
				return number(2)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return forever()
}

// pidsIn reads the ids that processes noted.
func pidsIn(path string) []int {
	b, _ := os.ReadFile(filepath.Clean(path))
	var out []int
	for word := range strings.FieldsSeq(string(b)) {
		pid, err := strconv.Atoi(word)
		if err == nil {
			out = append(out, pid)
		}
	}
	return out
}

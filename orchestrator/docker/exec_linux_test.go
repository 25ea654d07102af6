package docker

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A command that nobody waits for any more is killed, also where the engine says only
// a moment later which process it is.
func TestKillOfACommandThatJustBegins(t *testing.T) {
	command := exec.Command("sleep", "1000")
	require.NoError(t, command.Start())
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/version":
			fmt.Fprint(w, `{"ApiVersion": "1.41"}`)
		case q.URL.Path == "/info":
			fmt.Fprint(w, `{}`)
		case q.URL.Path == "/exec/x/json" && asked.Add(1) <= 3:
			fmt.Fprint(w, `{"Running": true, "Pid": 0}`)
		case q.URL.Path == "/exec/x/json":
			fmt.Fprintf(w, `{"Running": true, "Pid": %d}`, command.Process.Pid)
		default:
			http.NotFound(w, q)
		}
	}))
	defer server.Close()
	r, err := New(Config{Endpoint: "tcp://" + strings.TrimPrefix(server.URL, "http://")}, "n1")
	require.NoError(t, err)
	defer r.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	groups, err := os.ReadFile("/proc/self/cgroup") // it says of the process whose container it is in: ours
	require.NoError(t, err)
	r.killExec(ended, "x", strings.TrimSpace(string(groups)))
	require.NoError(t, command.Process.Signal(syscall.SIGTERM)) // too late, or not
	require.Error(t, command.Wait())
	require.Equal(t, syscall.SIGKILL, command.ProcessState.Sys().(syscall.WaitStatus).Signal())
}

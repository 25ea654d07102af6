package proxy_test

import (
	"fmt"
	"os"
	"testing"
)

// roles are what this program is when a test starts it again as another process.
var roles = map[string]func(args []string) error{
	"load-server": loadServer,
	"load-client": loadClient,
	"load-proxy":  loadProxy,
	"load-holder": loadHolder,
	"host-proxy":  hostProxy,
}

func TestMain(m *testing.M) {
	if role := os.Getenv("CORACLE_PROXY_TEST"); role != "" {
		if err := roles[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

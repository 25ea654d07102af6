package arch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/arch"
)

// TestHouse holds the module to its rules of structure.
func TestHouse(t *testing.T) {
	m, err := arch.Load(".")
	require.NoError(t, err)
	report(t, arch.Check(m, arch.Coracle()))
}

// TestExamples asks that everything exported is explained and shown in use.
func TestExamples(t *testing.T) {
	m, err := arch.Load(".")
	require.NoError(t, err)
	report(t, arch.CheckDocs(m, arch.Coracle()))
}

func report(t *testing.T, found []arch.Violation) {
	t.Helper()
	if len(found) == 0 {
		return
	}
	lines := make([]string, len(found))
	for i, v := range found {
		lines[i] = v.String()
	}
	t.Errorf("%d violations:\n%s", len(found), strings.Join(lines, "\n"))
}

// TestModule asks that Load saw this module at all: a check of nothing passes.
func TestModule(t *testing.T) {
	m, err := arch.Load(".")
	require.NoError(t, err)
	require.Equal(t, "github.com/coracle-dev/coracle", m.Path)
	seen := map[string]bool{}
	for _, f := range m.Files {
		seen[f.Name] = true
	}
	for _, name := range []string{"labels/meta.go", "pod/pod.go", "orchestrator/runtime.go", "internal/arch/arch_test.go"} {
		require.True(t, seen[name], name)
	}
}

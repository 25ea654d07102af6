package pause_test

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/docker/internal/pause"
)

// What an engine has been given once it recognises for ever, so the bytes stay as they are.
func TestReproducible(t *testing.T) {
	for arch, want := range map[string]struct{ program, layer, name string }{
		"amd64": {
			program: "b9e15ca724d5b427cb78bcee58539b763b7e22c376876b92ec5fe7f73b579255",
			layer:   "sha256:606426ba7526f083916700c14c566e4d1193c32f2b5b40eb31b3f749f18fcebf", name: "coracle/pause:3e64fbfa862b",
		},
		"arm64": {
			program: "3f411ff2ea5933f1747f0ffb684c1dbbf066a3346521026a63bf25eeb972c2e7",
			layer:   "sha256:6ba35f0f3ee689703e0fbe2a6373c3248b8403c4698853bb0139fe747375f60f", name: "coracle/pause:255c31295937",
		},
	} {
		program, err := pause.Program(arch)
		require.NoError(t, err)
		sum := sha256.Sum256(program)
		require.Equal(t, want.program, hex.EncodeToString(sum[:]), arch)
		image, err := pause.For(arch)
		require.NoError(t, err)
		require.Equal(t, want.layer, image.Layer, arch)
		require.Equal(t, want.name, image.Name, arch)
		again, err := pause.For(arch)
		require.NoError(t, err)
		require.Equal(t, image, again)
	}
}

func TestExecutable(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		program, err := pause.Program(arch)
		require.NoError(t, err)
		require.Less(t, len(program), 1024)
		file, err := elf.NewFile(bytes.NewReader(program))
		require.NoError(t, err)
		require.Equal(t, machine, file.Machine)
		require.Equal(t, elf.ET_EXEC, file.Type)
		load := file.Progs[0]
		require.EqualValues(t, len(program), load.Filesz)
		require.True(t, file.Entry > load.Vaddr && file.Entry < load.Vaddr+load.Filesz)
		require.Zero(t, load.Flags&elf.PF_W, "what is executed can not be written")
		require.Zero(t, file.Progs[1].Flags&elf.PF_X, "the stack can not be executed")
	}
}

func TestEndsWhenAsked(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		program, err := pause.Program(runtime.GOARCH)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "pause")
		require.NoError(t, os.WriteFile(path, program, 0o755))
		command := exec.CommandContext(t.Context(), path)
		require.NoError(t, command.Start())
		waitsForSignals(t, command.Process.Pid)
		require.NoError(t, command.Process.Signal(syscall.SIGCHLD), "a signal that means nothing to it")
		require.NoError(t, command.Process.Signal(signal))
		require.NoError(t, command.Wait(), signal)
	}
}

// waitsForSignals returns when a process ignores SIGCHLD and sleeps: the one
// call that it sleeps in is the one that waits.
func waitsForSignals(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || !bytes.Contains(status, []byte("State:\tS ")) {
			return false
		}
		_, after, _ := bytes.Cut(status, []byte("SigIgn:\t"))
		mask, _, _ := bytes.Cut(after, []byte("\n"))
		ignored, err := strconv.ParseUint(string(mask), 16, 64)
		return err == nil && ignored&(1<<(syscall.SIGCHLD-1)) != 0 // beside what we ignore ourselves, as under nohup
	}, time.Minute, time.Millisecond)
}

func TestUnknownArchitecture(t *testing.T) {
	_, err := pause.For("riscv64")
	require.EqualError(t, err, `make pause program: there is none for architecture "riscv64", only for amd64 and arm64`)
}

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	engine "github.com/fsouza/go-dockerclient"
)

// loadImage gives the engine an image that holds this program alone, and
// returns its name.
func loadImage(ctx context.Context, client *engine.Client) (string, error) {
	program, err := static()
	if err != nil {
		return "", err
	}
	name := "coracle.dev/example:" + strings.ToLower(rand.Text()[:12])
	layer := archive(map[string][]byte{"program": program})
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/program"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return "", err
	}
	list := fmt.Sprintf(`[{"Config": "config.json", "RepoTags": [%q], "Layers": ["layer.tar"]}]`, name)
	image := archive(map[string][]byte{"config.json": config, "layer.tar": layer, "manifest.json": []byte(list)})
	err = client.LoadImage(engine.LoadImageOptions{InputStream: bytes.NewReader(image), OutputStream: io.Discard, Context: ctx})
	return name, err
}

// static returns this program in a form that needs no library: as it is, or
// built anew without C.
func static() ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file, err := elf.Open(self)
	if err != nil {
		return nil, fmt.Errorf("the engine's machine is to run this program, which has to be one for Linux: %w", err)
	}
	defer file.Close()
	dynamic := false
	for _, p := range file.Progs {
		dynamic = dynamic || p.Type == elf.PT_INTERP
	}
	if !dynamic {
		return os.ReadFile(self)
	}
	dir, err := os.MkdirTemp("", "example-docker-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	self = filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", self, "github.com/coracle-dev/coracle/examples/docker")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("this program needs libraries, which the image would lack; build it with CGO_ENABLED=0, or run it where it can be built: %w\n%s", err, said)
	}
	return os.ReadFile(self)
}

// archive returns a tar file of programs. Writing one to memory does not fail.
func archive(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range files {
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(content))})
		w.Write(content)
	}
	w.Close()
	return b.Bytes()
}

package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"
)

// Toy loads an image into the engine that has one program, /toy, and returns
// its name. Each call makes an image of its own, and it goes with the test.
//
// What the program does is said by its arguments: see Commands.
func Toy(t testing.TB, client *docker.Client) string {
	t.Helper()
	name := "coracle-test/toy:" + Unique()
	Load(t, client, ToyImage(t, name))
	return name
}

// Load loads an image into the engine, and removes its name at the end of the test.
func Load(t testing.TB, client *docker.Client, image Image) {
	t.Helper()
	require.NoError(t, client.LoadImage(docker.LoadImageOptions{
		InputStream: bytes.NewReader(image.Archive()), OutputStream: io.Discard, Context: t.Context(),
	}))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		err := client.RemoveImageExtended(image.Name, docker.RemoveImageOptions{Force: true, Context: ctx})
		if err != nil && err != docker.ErrNoSuchImage {
			t.Errorf("remove image %q: %v", image.Name, err)
		}
	})
}

// Image is an image of one layer.
type Image struct {
	Name   string // repository and tag
	Config []byte // as image-spec has it
	Layer  []byte // a tar file
}

// ToyImage returns the image of Toy under a name, with what it does where nothing
// else is said. Every image has an ID of its own and the same layer as the others, so
// that nobody has or removes another test's.
func ToyImage(t testing.TB, name string, commands ...string) Image {
	t.Helper()
	program, err := toyProgram()
	require.NoError(t, err)
	layer := tarFile(map[string][]byte{"toy": program})
	return Image{Name: name, Layer: layer, Config: toJSON(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "created": "2026-01-01T00:00:00Z",
		"config": map[string]any{"Entrypoint": []string{"/toy"}, "Cmd": commands, "Labels": map[string]string{"coracle.test": Unique()}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(layer)}},
	})}
}

// Archive returns the image as `docker load` takes it.
func (i Image) Archive() []byte {
	return tarFile(map[string][]byte{
		"config.json": i.Config,
		"layer.tar":   i.Layer,
		"manifest.json": toJSON([]any{map[string]any{
			"Config": "config.json", "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"},
		}}),
	})
}

// toyProgram builds the program, once in each process of tests.
var toyProgram = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "enginetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "toy")
	if err := Build(path, "github.com/coracle-dev/coracle/internal/enginetest/internal/toy"); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Build writes a static program made of a package's main to a path.
func Build(path, pkg string) error {
	command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path, pkg)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, said)
	}
	return nil
}

// tarFile returns an archive of executable files.
func tarFile(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range files {
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(content))})
		w.Write(content)
	}
	w.Close()
	return b.Bytes()
}

// toJSON returns v as JSON; v is made here, and can be encoded.
func toJSON(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

// digest returns the digest of content as registries write it.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

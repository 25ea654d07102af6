package pause

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Image is an image that an engine can load.
type Image struct {
	Name    string // repository and tag; other contents have another tag
	Layer   string // the digest of its only layer, as an engine lists it: sha256:…
	Archive []byte // what `docker load` takes
}

// path is where the program lies in the image.
const path = "pause"

// For returns the image for an architecture by Go's name for it: amd64 or arm64.
// It is the same, byte for byte, whenever and wherever it is made.
func For(arch string) (Image, error) {
	program, err := Program(arch)
	if err != nil {
		return Image{}, err
	}
	layer, err := archive(file{path, 0o555, program})
	if err != nil {
		return Image{}, fmt.Errorf("make pause image for %q: %w", arch, err)
	}
	i := Image{Layer: "sha256:" + digest(layer)}
	config := configuration(arch, i.Layer)
	name := digest(config)
	i.Name = "coracle/pause:" + name[:12]
	i.Archive, err = archive(
		file{name + ".json", 0o444, config},
		file{"layer.tar", 0o444, layer},
		file{"manifest.json", 0o444, encode([]any{map[string]any{
			"Config": name + ".json", "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"},
		}})},
	)
	if err != nil {
		return Image{}, fmt.Errorf("make pause image for %q: %w", arch, err)
	}
	return i, nil
}

// configuration returns how a container of the image runs, in the format of
// image-spec's config.json.
func configuration(arch, layer string) []byte {
	return encode(map[string]any{
		"architecture": arch,
		"os":           "linux",
		"created":      "1970-01-01T00:00:00Z",
		"config":       map[string]any{"Entrypoint": []string{"/" + path}, "User": "65535:65535", "WorkingDir": "/"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{layer}},
	})
}

// file is an entry of an archive.
type file struct {
	name    string
	mode    int64
	content []byte
}

// archive returns a tar file whose bytes depend on its arguments alone.
func archive(files ...file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// encode returns v as JSON, the keys of a map sorted. v is made of maps, lists
// and strings, so it can't fail.
func encode(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

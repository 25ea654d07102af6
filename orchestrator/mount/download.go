package mount

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// download fills a volume with what a URL has.
type download struct {
	client *http.Client
	limits limits
}

// fill fetches the file as a whole, checks it, and only then puts it, or what is
// packed in it, into the volume.
func (d download) fill(ctx context.Context, r Request, data, scratch string) error {
	want := r.Volume.Download
	file := filepath.Join(scratch, "download")
	if err := d.fetch(ctx, want, file); err != nil {
		return fmt.Errorf("download %q: %w", redacted(want.URL), err)
	}
	if err := d.place(ctx, want, file, data); err != nil {
		return fmt.Errorf("unpack %q: %w", redacted(want.URL), err)
	}
	return nil
}

func (d download) fetch(ctx context.Context, want *pod.Download, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, want.URL, nil)
	if err != nil {
		return err
	}
	if s := request.URL.Scheme; s != "http" && s != "https" {
		return fmt.Errorf("scheme %q is neither http nor https", s)
	}
	request.Header.Set("Accept-Encoding", "identity") // the file itself, whatever its name says of it
	response, err := d.client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the rest has the URL again, with its password
		}
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server says %s", response.Status)
	}
	if response.ContentLength > d.limits.bytes {
		return fmt.Errorf("it has %d bytes, which exceeds the %d that are allowed", response.ContentLength, d.limits.bytes)
	}
	return d.save(response.Body, want.SHA256, file)
}

// save writes what comes to the file, and checks its sum.
func (d download) save(body io.Reader, sum, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(body, d.limits.bytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if n > d.limits.bytes {
		return fmt.Errorf("it has more than the %d bytes that are allowed", d.limits.bytes)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); sum != "" && !strings.EqualFold(got, sum) {
		return fmt.Errorf("its SHA-256 is %s, and has to be %s", got, strings.ToLower(sum))
	}
	return nil
}

// place moves or unpacks the file into the volume.
func (d download) place(ctx context.Context, want *pod.Download, file, data string) error {
	if want.Unpack != "" {
		return unpackFile(ctx, want.Unpack, file, data, want.Path, d.limits)
	}
	name := or(want.Path, want.FileName())
	if !filepath.IsLocal(name) || path.Clean(name) == "." {
		return fmt.Errorf("path %q is none in the volume", name)
	}
	root, err := os.OpenRoot(data)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(path.Clean(name)), 0o755); err != nil {
		return err
	}
	// The volume is empty but for these directories: no link can lead elsewhere.
	return os.Rename(file, filepath.Join(data, name))
}

// redacted returns a URL without its password.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "…"
	}
	return u.Redacted()
}

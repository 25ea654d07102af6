package docker

import (
	"archive/tar"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	docker "github.com/fsouza/go-dockerclient"
)

// ask makes a request that the client has no method for. The caller closes the
// body. An answer that is not 200 OK is a *docker.Error.
func (r *Runtime) ask(ctx context.Context, method, path string, query url.Values) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.at.base()+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := r.client.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		var said struct{ Message string }
		json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&said)
		return nil, &docker.Error{Status: response.StatusCode, Message: said.Message}
	}
	return response, nil
}

// stat returns the mode of a file in a container, which need not run, without
// following a link. The error is fs.ErrNotExist where there is none, and
// errSandboxGone where there is no container.
func (r *Runtime) stat(ctx context.Context, container, path string) (fs.FileMode, error) {
	response, err := r.ask(ctx, http.MethodHead, "/containers/"+container+"/archive", url.Values{"path": {path}})
	if status, _, ok := answer(err); ok && status == http.StatusNotFound {
		return 0, r.whatIsMissing(ctx, container)
	}
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	text, err := base64.StdEncoding.DecodeString(response.Header.Get("X-Docker-Container-Path-Stat"))
	var stat struct{ Mode fs.FileMode }
	if err == nil {
		err = json.Unmarshal(text, &stat)
	}
	return stat.Mode, err
}

// whatIsMissing tells a file from its container: the engine answers the same for both.
func (r *Runtime) whatIsMissing(ctx context.Context, container string) error {
	_, err := bound(ctx, r.client).InspectContainerWithOptions(docker.InspectContainerOptions{ID: container})
	switch {
	case isGone(err):
		return errSandboxGone
	case err != nil:
		return err
	}
	return fs.ErrNotExist
}

// filling is what a volume has in it before its pod starts.
type filling struct {
	name string      // of the volume
	mode fs.FileMode // of its directory
	dir  string      // on this machine; empty: it has nothing in it
}

// upload fills the volumes that an infra container holds. At the end it leaves
// filledFile, so that an upload that was cut off is known as one.
func (r *Runtime) upload(ctx context.Context, engine *docker.Client, container string, fillings []filling) error {
	out, in := io.Pipe()
	go func() { in.CloseWithError(pack(in, fillings)) }()
	err := engine.UploadToContainer(container, docker.UploadToContainerOptions{InputStream: out, Path: volumesDir, Context: ctx})
	out.CloseWithError(errors.New("the engine has what it wants")) // ends pack where it is not done
	if isGone(err) {
		return errSandboxGone
	}
	if err != nil {
		return fmt.Errorf("upload to volumes: %w", err)
	}
	return nil
}

// pack writes the archive of an upload.
func pack(w io.Writer, fillings []filling) error {
	archive := tar.NewWriter(w)
	for _, f := range fillings {
		if err := f.pack(archive); err != nil {
			return fmt.Errorf("pack volume %q: %w", f.name, err)
		}
	}
	if err := archive.WriteHeader(&tar.Header{Name: filepath.Base(filledFile), Typeflag: tar.TypeReg, Mode: 0o444}); err != nil {
		return err
	}
	return archive.Close()
}

func (f filling) pack(archive *tar.Writer) error {
	if err := archive.WriteHeader(&tar.Header{Name: f.name + "/", Typeflag: tar.TypeDir, Mode: int64(f.mode)}); err != nil || f.dir == "" {
		return err
	}
	return filepath.WalkDir(f.dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || at == f.dir {
			return err
		}
		below, err := filepath.Rel(f.dir, at)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return packFile(archive, at, f.name+"/"+filepath.ToSlash(below), info)
	})
}

// packFile writes one file, directory or link. They belong to root there.
func packFile(archive *tar.Writer, at, name string, info fs.FileInfo) error {
	to := ""
	if info.Mode().Type() == fs.ModeSymlink {
		var err error
		if to, err = os.Readlink(at); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, to)
	if err != nil {
		return err
	}
	h.Name, h.Uid, h.Gid, h.Uname, h.Gname = name, 0, 0, "", ""
	if info.IsDir() {
		h.Name += "/"
	}
	if err := archive.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := os.Open(at)
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = io.Copy(archive, content)
	return err
}

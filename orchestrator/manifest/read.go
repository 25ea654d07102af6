package manifest

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/coracle-dev/coracle/labels"
)

// DefaultMaxBytes is how large a file may be where a Reader does not say: 4 MiB.
const DefaultMaxBytes = 4 << 20

// Reader reads manifests. The zero value works. A Reader holds no state: it may
// be used again, and by many goroutines at once.
type Reader struct {
	// MaxBytes is the largest file that is read; a larger one is an error, and
	// no more than this is read of it. Default: DefaultMaxBytes.
	MaxBytes int64

	// Check is called with each object once it was read without an error. What
	// it returns is reported like any other problem; labels.FieldErrors are
	// reported one by one, each with the line of its field. It must not keep or
	// change the object. Default: nothing is checked. See Validate.
	Check func(labels.Object) error
}

// Read reads every object of one stream, in its order. All of what is wrong is
// returned at once as Errors, and then no objects are.
func Read(r io.Reader) ([]labels.Object, error) { return Reader{}.Read("", r) }

// ReadFiles reads every object of the files and folders, in the order given.
// See Reader.ReadFiles.
func ReadFiles(paths ...string) ([]labels.Object, error) { return Reader{}.ReadFiles(paths...) }

// Read reads every object of one stream, in its order. The name stands for the
// file in errors and may be empty. All of what is wrong is returned at once as
// Errors, and then no objects are.
func (r Reader) Read(name string, src io.Reader) ([]labels.Object, error) {
	run := run{Reader: r}
	run.stream(name, src)
	return run.result()
}

// ReadFiles reads every object of the files and folders, in the order given.
//
// Of a folder it takes the files that end in .yaml, .yml and .json, sorted by
// name, and not its subfolders; a folder without any is an error. A file that
// is named is read whatever its ending. All of what is wrong with any of them is
// returned at once as Errors, and then no objects are. An object that is there
// twice, by kind, namespace and name, is an error.
func (r Reader) ReadFiles(paths ...string) ([]labels.Object, error) {
	run := run{Reader: r}
	for _, path := range paths {
		run.path(path)
	}
	return run.result()
}

// run is the state of one call of a Reader's method.
type run struct {
	Reader
	items []item
	found findings
}

// item is an object, and where it was found.
type item struct {
	object labels.Object
	kind   string
	at     Error // File, Document, Line and Path of the object
	locate func(path string) int
}

// result returns the objects if nothing was wrong with any of them.
func (r *run) result() ([]labels.Object, error) {
	r.duplicates()
	r.check()
	if err := r.found.err(); err != nil {
		return nil, err
	}
	objects := make([]labels.Object, len(r.items))
	for i, it := range r.items {
		objects[i] = it.object
	}
	return objects, nil
}

// path reads a file or a folder.
func (r *run) path(path string) {
	r.found.begin(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.failed(path, err)
	case !info.IsDir():
		r.file(path, info)
	default:
		r.folder(path)
	}
}

// folder reads the manifests in a folder.
func (r *run) folder(path string) {
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		r.failed(path, err)
		return
	}
	empty := true
	for _, entry := range entries {
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(entry.Name())) {
			continue
		}
		file := filepath.Join(path, entry.Name())
		r.found.begin(file)
		info, err := os.Stat(file) // follows links, which entry.Info does not
		switch {
		case err != nil:
			r.failed(file, err)
		case info.IsDir():
			continue
		case !info.Mode().IsRegular():
			r.found.add(Error{File: file, Problem: "is not a regular file; name it on its own to read it all the same"})
		default:
			r.file(file, info)
		}
		empty = false
	}
	if empty {
		r.found.add(Error{File: path, Problem: "no *.yaml, *.yml or *.json file is in this folder"})
	}
}

// file reads one file.
func (r *run) file(path string, info fs.FileInfo) {
	if info.Mode().IsRegular() && info.Size() > r.limit() {
		r.tooLarge(path, info.Size())
		return
	}
	f, err := os.Open(path)
	if err != nil {
		r.failed(path, err)
		return
	}
	defer f.Close()
	r.stream(path, f)
}

// stream reads all of src, if it is not too much.
func (r *run) stream(name string, src io.Reader) {
	data, err := io.ReadAll(io.LimitReader(src, r.limit()+1))
	switch {
	case err != nil:
		r.failed(name, err)
	case int64(len(data)) > r.limit():
		r.tooLarge(name, 0)
	default:
		r.text(name, data)
	}
}

// limit is the largest number of bytes that is read.
func (r *run) limit() int64 {
	if r.MaxBytes > 0 {
		return r.MaxBytes
	}
	return DefaultMaxBytes
}

func (r *run) tooLarge(file string, size int64) {
	problem := fmt.Sprintf("larger than %d bytes, the most that is read", r.limit())
	if size > 0 {
		problem = fmt.Sprintf("%d bytes is larger than %d, the most that is read", size, r.limit())
	}
	r.found.add(Error{File: file, Problem: problem})
}

// failed reports that the system refused to hand over a file.
func (r *run) failed(file string, err error) {
	problem := err.Error()
	if pathErr, ok := err.(*fs.PathError); ok { // the path is said already
		problem = pathErr.Op + ": " + pathErr.Err.Error()
	}
	r.found.add(Error{File: file, Problem: problem, Err: err})
}

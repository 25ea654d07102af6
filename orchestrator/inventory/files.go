package inventory

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// files is what lies at a path: the folder first, if it is one, then the files
// by name.
type files struct {
	folder fs.FileInfo // nil where the path is a file
	files  []file
}

type file struct {
	path string
	info fs.FileInfo // of what a link leads to
}

// look returns what lies at the path, without reading any of it.
func look(path string) (files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return files{}, short(err, path)
	}
	if !info.IsDir() {
		return files{files: []file{{path, info}}}, regular(info)
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		return files{}, short(err, path)
	}
	found := files{folder: info}
	for _, entry := range entries {
		if !listed(entry.Name()) {
			continue
		}
		name := filepath.Join(path, entry.Name())
		info, err := os.Stat(name) // follows links, which entry.Info does not
		if err != nil {
			return files{}, short(err, path)
		}
		if info.IsDir() {
			continue
		}
		if err := regular(info); err != nil {
			return files{}, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		found.files = append(found.files, file{name, info})
	}
	if len(found.files) == 0 {
		return files{}, fmt.Errorf("no *.yaml, *.yml or *.json file is in this folder; a list without items says that there are no machines")
	}
	return found, nil
}

// listed reports whether a file in a folder is part of the inventory: not the
// backup, lock and temporary files that editors put beside it.
func listed(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

func regular(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is not a regular file")
	}
	return nil
}

// short leaves out of an error the path that its reader was told already.
func short(err error, path string) error {
	if e, ok := err.(*fs.PathError); ok && e.Path == path {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// same reports whether both are the same files, unchanged as far as their size
// and time tell.
func (f files) same(o files) bool {
	return slices.EqualFunc(f.files, o.files, func(a, b file) bool {
		return a.path == b.path && a.info.Size() == b.info.Size() &&
			a.info.ModTime().Equal(b.info.ModTime()) && os.SameFile(a.info, b.info)
	})
}

// newest returns when one of the files was last written, or one came, went or
// was replaced.
func (f files) newest() time.Time {
	var newest time.Time
	if f.folder != nil {
		newest = f.folder.ModTime()
	}
	for _, file := range f.files {
		if t := file.info.ModTime(); t.After(newest) {
			newest = t
		}
	}
	return newest
}

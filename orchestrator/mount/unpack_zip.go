package mount

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// zip unpacks a zip archive.
func (u *unpacker) zip(f io.ReaderAt, size int64) error {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return fmt.Errorf("it is not a whole archive: %w", err)
	}
	for _, entry := range archive.File {
		if err := u.zipEntry(entry); err != nil {
			return fmt.Errorf("entry %q: %w", entry.Name, err)
		}
	}
	return nil
}

func (u *unpacker) zipEntry(entry *zip.File) error {
	name, err := u.enter(entry.Name)
	if err != nil {
		return err
	}
	mode := entry.Mode()
	if mode&fs.ModePerm == 0 { // from a system that has no permissions
		mode |= 0o644
	}
	if mode.IsDir() || strings.HasSuffix(entry.Name, "/") {
		return u.dir(name, mode|0o755)
	}
	content, err := entry.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	switch mode.Type() {
	case 0:
		return u.file(name, mode, content)
	case fs.ModeSymlink:
		to, err := io.ReadAll(io.LimitReader(content, 4097))
		if err != nil {
			return err
		}
		return u.symlink(name, string(to))
	}
	return errors.New("it is neither a file nor a directory nor a link")
}

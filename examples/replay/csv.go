package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// table reads a CSV file row by row. Its first error ends it, and says where it
// is: file, line, column and value.
type table struct {
	path    string
	rows    *csv.Reader
	columns map[string]int
	row     []string
	err     error
}

// eachRow calls f for every row of a file that has these columns, in whatever
// order and beside whichever others.
func eachRow(path string, columns []string, f func(t *table)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	t := &table{path: path, rows: csv.NewReader(file), columns: make(map[string]int)}
	header, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty", path)
	} else if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range columns {
		at := slices.Index(header, name)
		if at < 0 {
			return fmt.Errorf("%s:1: there is no column %q", path, name)
		}
		if slices.Contains(header[at+1:], name) {
			return fmt.Errorf("%s:1: column %q is there twice", path, name)
		}
		t.columns[name] = at
	}
	for t.err == nil {
		t.row, err = t.rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		f(t)
	}
	return t.err
}

// text returns a field of the row.
func (t *table) text(column string) string { return t.row[t.columns[column]] }

// number returns a field that is a whole number from least to most.
func (t *table) number(column string, least, most int64) int64 {
	v, err := strconv.ParseInt(t.text(column), 10, 64)
	if err != nil || v < least || v > most {
		t.fail(column, fmt.Sprintf("is not a whole number from %d to %d", least, most))
	}
	return v
}

// fail says what is wrong with a field, unless something was wrong before.
func (t *table) fail(column, what string) {
	if t.err == nil {
		line, _ := t.rows.FieldPos(t.columns[column])
		t.err = fmt.Errorf("%s:%d: %s %q %s", t.path, line, column, t.text(column), what)
	}
}

package plot

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Table is what a chart shows.
type Table struct {
	X     string // what the x axis says, with the unit
	Lines []Line // in the order of the columns
}

// Line is one line of a chart.
type Line struct {
	Name   string
	Points []Point // by X; there may be gaps
}

// Point is one value, and by how much it varies: the line has a band that far
// up and down. No band where Spread is 0.
type Point struct{ X, Y, Spread float64 }

// spreadSuffix ends the name of a column that is the spread of the one before it.
const spreadSuffix = " ±"

// Read reads a table from CSV. Its first row names the columns: the first is x,
// ascending, and every other is a line, but a column "NAME ±" right after the
// column NAME, which is that line's spread. An empty field is a gap.
//
// An error says where it is: name, which is that of the file, line, column and value.
func Read(r io.Reader, name string) (*Table, error) {
	in := csv.NewReader(r)
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", name)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t, columns, err := layout(header)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	last := math.Inf(-1)
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := in.FieldPos(0)
		x, problem := number(row[0])
		if problem == "" && x <= last {
			problem = fmt.Sprintf("does not come after %v", last)
		}
		if problem != "" {
			return nil, fmt.Errorf("%s:%d: %s %q %s", name, line, header[0], row[0], problem)
		}
		last = x
		if bad, problem := t.add(x, row, columns); problem != "" {
			return nil, fmt.Errorf("%s:%d: %s %q %s", name, line, header[bad], row[bad], problem)
		}
	}
	if math.IsInf(last, -1) {
		return nil, fmt.Errorf("%s: there is no row below the header", name)
	}
	return t, nil
}

// column says where a line's value and its spread are; the latter 0: nowhere.
type column struct{ value, spread int }

// layout finds out which columns there are.
func layout(header []string) (*Table, []column, error) {
	t := &Table{X: header[0]}
	var columns []column
	for i, name := range header[1:] {
		if of, ok := strings.CutSuffix(name, spreadSuffix); ok {
			if i == 0 || header[i] != of {
				return nil, nil, fmt.Errorf("column %q does not follow column %q", name, of)
			}
			columns[len(columns)-1].spread = i + 1
			continue
		}
		t.Lines = append(t.Lines, Line{Name: name})
		columns = append(columns, column{value: i + 1})
	}
	if len(columns) == 0 {
		return nil, nil, fmt.Errorf("there is no column beside %q", t.X)
	}
	return t, columns, nil
}

// add adds a row, and returns which field is wrong, if one is, and in what way.
func (t *Table) add(x float64, row []string, columns []column) (bad int, problem string) {
	for i, c := range columns {
		if row[c.value] == "" {
			continue
		}
		p := Point{X: x}
		if p.Y, problem = number(row[c.value]); problem != "" {
			return c.value, problem
		}
		if c.spread > 0 && row[c.spread] != "" {
			if p.Spread, problem = number(row[c.spread]); problem == "" && p.Spread < 0 {
				problem = "is below 0"
			}
			if problem != "" {
				return c.spread, problem
			}
		}
		t.Lines[i].Points = append(t.Lines[i].Points, p)
	}
	return 0, ""
}

// number reads a number that can be drawn.
func number(text string) (v float64, problem string) {
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsInf(v, 0) || math.IsNaN(v):
		return 0, "is not a number"
	case !drawable(v):
		return 0, "is too large"
	}
	return v, ""
}

package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text reads the documents of one file.
func (r *run) text(file string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	d := &decoder{file: file, found: &r.found, types: types{}}
	for _, part := range split(data) {
		d.shift = part.line - 1
		if !r.part(d, part.text) {
			return
		}
	}
	if d.document == 0 || d.empty == d.document {
		r.found.add(Error{File: file, Problem: "empty: no document is in it"})
	}
}

// part reads the documents of one part of a file. It reports whether the rest
// of the file can be read: not after a mistake in the syntax.
func (r *run) part(d *decoder, text []byte) bool {
	if line, problem := unreadable(text); problem != "" {
		r.found.add(Error{File: d.file, Line: d.shift + line, Problem: problem})
		return false
	}
	parser := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		err := parser.Decode(&root)
		if errors.Is(err, io.EOF) {
			return true
		}
		d.document++
		if err != nil {
			line, problem := syntax(err, text)
			if line > 0 {
				line += d.shift
			}
			r.found.add(Error{File: d.file, Document: d.document, Line: line, Problem: problem, Err: err})
			return false
		}
		r.items = append(r.items, d.read(&root)...)
	}
}

var (
	syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	// ofParser are the mistakes whose lines the library counts from 0; those of
	// its scanner it counts from 1.
	ofParser      = regexp.MustCompile(`^did not find expected (<.*>|node content|key|'-' indicator|',' or '[]}]')$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax takes the line out of what the parser says of a text: 0 where it does
// not know.
func syntax(err error, text []byte) (line int, problem string) {
	problem = err.Error()
	match := syntaxLine.FindStringSubmatch(problem)
	if match == nil {
		return 0, "not YAML: " + problem
	}
	problem = problem[len(match[0]):]
	if anchor := unknownAnchor.FindStringSubmatch(problem); anchor != nil {
		return onlyLine(text, "*"+anchor[1]), fmt.Sprintf("there is no anchor &%s for the alias *%s", anchor[1], anchor[1])
	}
	line = 1 // the library leaves it out
	if match[1] != "" {
		line, _ = strconv.Atoi(match[1])
		if ofParser.MatchString(problem) {
			line++
		}
	}
	return line, "not YAML: " + problem
}

// onlyLine returns the line of the one occurrence of a word; 0 if there are more.
func onlyLine(text []byte, word string) int {
	if bytes.Count(text, []byte(word)) != 1 {
		return 0
	}
	return 1 + bytes.Count(text[:bytes.Index(text, []byte(word))], []byte("\n"))
}

// unreadable finds the first thing that is no text.
func unreadable(data []byte) (line int, problem string) {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		wrong := r == utf8.RuneError && size == 1
		if !wrong && (r >= ' ' && plain(r) || lineEnd(r) || r == '\n' || r == '\r' || r == '\t') {
			i += size
			continue
		}
		line = 1 + bytes.Count(data[:i], []byte("\n"))
		if wrong {
			return line, fmt.Sprintf("not UTF-8 text: byte 0x%02x", data[i])
		}
		return line, fmt.Sprintf("not text: character %U", r)
	}
	return 0, ""
}

// printable reports whether every character of the text is plain.
func printable(data []byte) bool {
	return bytes.IndexFunc(data, func(r rune) bool { return !plain(r) }) < 0
}

// plain reports whether YAML (1.2, §5.1) takes a character as it is, and as
// nothing else: not as the end of a line.
func plain(r rune) bool {
	switch {
	case lineEnd(r):
		return false
	case r < 0x7f, r >= 0xa0 && r < 0xfeff, r > 0xfeff && r <= 0xfffd, r > 0xffff:
		return true
	}
	return false
}

// lineEnd reports whether a character ends a line in YAML 1.1, which JSON knows
// nothing of.
func lineEnd(r rune) bool { return r == 0x85 || r == 0x2028 || r == 0x2029 }

// excerpt returns what a node says, for an error.
func excerpt(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return strings.ToValidUTF8(n.Value, "\ufffd")
}

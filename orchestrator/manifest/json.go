package manifest

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// part of a file: documents that the parser can read in one go.
type part struct {
	text []byte
	line int // of its beginning in the file, counted from 1
}

// split takes a file apart where JSON objects follow each other without the ---
// that YAML wants between documents. Anything else it leaves whole.
func split(data []byte) []part {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' {
		return []part{{data, 1}}
	}
	var parts []part
	whole := []part{{jsonToYAML(data), 1}}
	begin, depth, line, beginLine := -1, 0, 1, 1
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '"':
			end := stringEnd(data, i)
			if end < 0 || depth == 0 {
				return whole
			}
			line += bytes.Count(data[i:end], []byte("\n"))
			i = end - 1
		case '{', '[':
			if depth == 0 {
				begin, beginLine = i, line
			}
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return whole
			}
			if depth == 0 {
				parts = append(parts, part{jsonToYAML(data[begin : i+1]), beginLine})
			}
		case '\n':
			line++
		case ' ', '\t', '\r':
		default:
			if depth == 0 {
				return whole
			}
		}
	}
	if depth != 0 || len(parts) < 2 {
		return whole
	}
	return parts
}

// stringEnd returns the index behind the JSON string that begins at i, or -1.
func stringEnd(data []byte, i int) int {
	for j := i + 1; j < len(data); j++ {
		switch data[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return -1
}

// jsonToYAML rewrites the few things that JSON allows in a string and YAML does
// not: characters beyond U+FFFF as two \u escapes, and unprintable characters as
// they are. The lines stay.
func jsonToYAML(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\ud`)) && !bytes.Contains(data, []byte(`\uD`)) && printable(data) {
		return data
	}
	var out bytes.Buffer
	for i := 0; i < len(data); {
		if data[i] != '"' {
			out.WriteByte(data[i])
			i++
			continue
		}
		end := stringEnd(data, i)
		if end < 0 {
			out.Write(data[i:])
			break
		}
		writeJSONString(&out, data[i:end])
		i = end
	}
	return out.Bytes()
}

// writeJSONString writes a quoted JSON string as a quoted YAML string.
func writeJSONString(out *bytes.Buffer, s []byte) {
	for i := 0; i < len(s); {
		if s[i] == '\\' {
			if r := surrogates(s[i:]); r != utf8.RuneError {
				fmt.Fprintf(out, `\U%08X`, r)
				i += len(`\ud83d\ude00`)
				continue
			}
			out.Write(s[i : i+2])
			i += 2
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if plain(r) {
			out.Write(s[i : i+size])
		} else {
			fmt.Fprintf(out, `\u%04X`, r)
		}
		i += size
	}
}

// surrogates reads two \u escapes that stand for one character.
func surrogates(s []byte) rune {
	if len(s) < 12 || s[1] != 'u' || s[6] != '\\' || s[7] != 'u' {
		return utf8.RuneError
	}
	high, err1 := strconv.ParseUint(string(s[2:6]), 16, 16)
	low, err2 := strconv.ParseUint(string(s[8:12]), 16, 16)
	if err1 != nil || err2 != nil {
		return utf8.RuneError
	}
	return utf16.DecodeRune(rune(high), rune(low))
}

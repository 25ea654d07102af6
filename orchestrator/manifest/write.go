package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/coracle-dev/coracle/labels"
)

// Write writes the objects as YAML of core/v1, one document each, in the order
// given; without objects, an empty List. Fields come in a stable order, with
// apiVersion and kind first. What is written reads back as the same objects.
//
// It fails where the writer does, and where an object is of a type that no
// manifest can hold; then nothing was written.
func Write(w io.Writer, objects ...labels.Object) error {
	var out bytes.Buffer
	if len(objects) == 0 {
		out.WriteString("apiVersion: v1\nkind: List\nitems: []\n")
	}
	for i, o := range objects {
		if i > 0 {
			out.WriteString("---\n")
		}
		if err := writeYAML(&out, o); err != nil {
			return fmt.Errorf("write %s: %w", title(o), err)
		}
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// WriteJSON writes the objects as one List of core/v1 in JSON. It is otherwise
// like Write.
func WriteJSON(w io.Writer, objects ...labels.Object) error {
	var list bytes.Buffer
	list.WriteString(`{"apiVersion":"v1","kind":"List","items":[`)
	for i, o := range objects {
		if i > 0 {
			list.WriteByte(',')
		}
		data, err := marshal(o)
		if err != nil {
			return fmt.Errorf("write %s: %w", title(o), err)
		}
		list.Write(data)
	}
	list.WriteString("]}")
	var out bytes.Buffer
	if err := json.Indent(&out, escape(list.Bytes()), "", "  "); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	out.WriteByte('\n')
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// title names an object in an error.
func title(o labels.Object) string {
	if o == nil || reflect.ValueOf(o).IsNil() {
		return fmt.Sprintf("%T", o)
	}
	kind := kindOf(o)
	if kind == "" {
		kind = fmt.Sprintf("%T", o)
	}
	return fmt.Sprintf("%s %q", strings.ToLower(kind[:1])+kind[1:], o.Identity().Name)
}

// marshal returns an object as JSON, with its version and kind in front.
func marshal(o labels.Object) ([]byte, error) {
	kind := kindOf(o)
	if kind == "" {
		return nil, fmt.Errorf("a %T is nothing that a manifest can hold", o)
	}
	if reflect.ValueOf(o).IsNil() {
		return nil, fmt.Errorf("it is nil")
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(o); err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,`, v1, kind)
	return append([]byte(head), out.Bytes()[1:]...), nil // an object always has metadata
}

// escape replaces the characters that JSON may hold as they are and YAML may
// not. In JSON they can only be within strings.
func escape(data []byte) []byte {
	if printable(data) {
		return data
	}
	var out bytes.Buffer
	for _, r := range string(data) {
		if plain(r) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// writeYAML writes an object as one document.
func writeYAML(out *bytes.Buffer, o labels.Object) error {
	data, err := marshal(o)
	if err != nil {
		return err
	}
	tokens := json.NewDecoder(bytes.NewReader(data))
	tokens.UseNumber()
	root, err := fromJSON(tokens)
	if err != nil {
		return err
	}
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent() // as kubectl writes lists
	if err := encoder.Encode(root); err != nil {
		return err
	}
	return encoder.Close()
}

// fromJSON reads one JSON value into a YAML node. Objects keep their order.
func fromJSON(tokens *json.Decoder) (*yaml.Node, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if t == '{' {
			n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		}
		for tokens.More() { // the keys of an object are tokens, too
			c, err := fromJSON(tokens)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, c)
		}
		if len(n.Content) == 0 {
			n.Style = yaml.FlowStyle
		}
		_, err := tokens.Token() // } or ]
		return n, err
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: t, Style: style(t)}, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: t.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

var (
	// unquoted is a string that every version of YAML reads as a string, if it is
	// no word with a meaning.
	unquoted = regexp.MustCompile(`^(\./|-{0,2}[A-Za-z_/$])[A-Za-z0-9_./@+=$,()-]*(:?[A-Za-z0-9_./@+=$,()-]+)*( [A-Za-z0-9_./@+=$,()-]+)*$`)
	// amountText is a quantity with a unit, which no version of YAML reads as a number.
	amountText = regexp.MustCompile(`^[1-9][0-9]*(m|[KMGT]i|[kMGT])$`)
	// word has a meaning in YAML 1.1, 1.2 or both.
	word = regexp.MustCompile(`^(?i:y|yes|n|no|on|off|true|false|null)$`)
	// block is a text of several lines that a block can hold.
	block = regexp.MustCompile(`^[!-~][ -~]*\n(([!-~][ -~]*)?\n)*([!-~][ -~]*)?$`)
)

// style returns how a string is written: plain where nobody can mistake it for
// something else, as a block where it is simple text of several lines, and in
// double quotes otherwise.
func style(s string) yaml.Style {
	switch {
	case word.MatchString(s):
		return yaml.DoubleQuotedStyle
	case unquoted.MatchString(s), amountText.MatchString(s):
		return 0
	case block.MatchString(s) && !strings.Contains(s, " \n"):
		return yaml.LiteralStyle
	}
	return yaml.DoubleQuotedStyle
}

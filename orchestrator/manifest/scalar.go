package manifest

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// scalar decodes a single value into a string, a boolean or a whole number.
func (d *decoder) scalar(at *path, n *yaml.Node, v reflect.Value, quoted bool) {
	switch v.Kind() {
	case reflect.String:
		d.text(at, n, v)
	case reflect.Bool:
		d.boolean(at, n, v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.number(at, n, v, quoted)
	default:
		d.report(at, n, "has a type that cannot be read: "+v.Type().String())
	}
}

// text decodes a string. What YAML takes for a number or a boolean is refused,
// as it is from JSON; yes, no, on and off are strings, as in YAML 1.2.
func (d *decoder) text(at *path, n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.ScalarNode {
		switch n.ShortTag() {
		case "!!str", "!!timestamp", "!!merge":
			v.SetString(n.Value)
			return
		}
		d.report(at, n, "is "+describe(n)+" and must be a string: put it in quotes")
		return
	}
	d.report(at, n, "must be a string, not "+describe(n))
}

func (d *decoder) boolean(at *path, n *yaml.Node, v reflect.Value) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.report(at, n, "must be true or false, not "+describe(n))
	case n.ShortTag() == "!!bool" && strings.EqualFold(n.Value, "true"):
		v.SetBool(true)
	case n.ShortTag() == "!!bool" && strings.EqualFold(n.Value, "false"):
		v.SetBool(false)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		d.report(at, n, "must be true or false, without quotes")
	default:
		d.report(at, n, "must be true or false")
	}
}

// decimal is the one way of writing a whole number that YAML 1.1, YAML 1.2 and
// JSON agree on.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func (d *decoder) number(at *path, n *yaml.Node, v reflect.Value, quoted bool) {
	if n.Kind != yaml.ScalarNode {
		d.report(at, n, "must be a whole number, not "+describe(n))
		return
	}
	tag, text := n.ShortTag(), n.Value
	isText := tag == "!!str"
	switch {
	case quoted && !isText:
		d.report(at, n, "must be a number in quotes")
	case quoted && text == "":
	case isText && !quoted && decimal.MatchString(text):
		d.report(at, n, "must be a number, without quotes")
	case !isText && !decimal.MatchString(text) && strings.Trim(text, "+-_0123456789") == "",
		tag == "!!int" && !decimal.MatchString(text):
		d.report(at, n, "must be written as a plain decimal number")
	case tag == "!!int" || quoted && decimal.MatchString(text):
		d.setNumber(at, n, v)
	default:
		d.report(at, n, "must be a whole number")
	}
}

// setNumber sets v to the number that the node spells.
func (d *decoder) setNumber(at *path, n *yaml.Node, v reflect.Value) {
	var err error
	if v.CanUint() {
		var u uint64
		if u, err = strconv.ParseUint(n.Value, 10, v.Type().Bits()); err == nil {
			v.SetUint(u)
		}
	} else {
		var i int64
		if i, err = strconv.ParseInt(n.Value, 10, v.Type().Bits()); err == nil {
			v.SetInt(i)
		}
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		d.report(at, n, "is too large a number")
	case err != nil:
		d.report(at, n, "must not be negative")
	}
}

// time decodes a moment, to UTC.
func (d *decoder) time(at *path, n *yaml.Node, t *time.Time) {
	if n.Kind != yaml.ScalarNode {
		d.report(at, n, "must be a time, not "+describe(n))
		return
	}
	parsed, err := time.Parse(time.RFC3339Nano, n.Value)
	parsed = parsed.UTC()
	if err != nil || parsed.Year() < 1 || parsed.Year() > 9999 {
		d.report(at, n, "must be a time as in 2015-07-21T16:00:00Z")
		return
	}
	*t = parsed
}

// unmarshal hands a single value to a type that reads itself: as JSON, or as
// its plain text.
func (d *decoder) unmarshal(at *path, n *yaml.Node, read func([]byte) error, asJSON bool) {
	if n.Kind != yaml.ScalarNode {
		d.report(at, n, "must be a single value, not "+describe(n))
		return
	}
	tag, text := n.ShortTag(), []byte(n.Value)
	switch {
	case tag == "!!int" && !decimal.MatchString(n.Value):
		d.report(at, n, "must be written as a plain decimal number")
		return
	case !asJSON:
	case tag == "!!bool":
		text = []byte(strings.ToLower(n.Value))
	case tag == "!!int" || tag == "!!float" && json.Valid(text):
	default:
		text, _ = json.Marshal(n.Value) // a string always can be
	}
	if err := read(text); err != nil {
		problem := err
		if cause := errors.Unwrap(err); cause != nil {
			problem = cause // without the value, which is shown already
		}
		d.found.add(Error{
			File: d.file, Document: d.document, Line: d.line(n), Path: at.String(),
			Value: excerpt(n), Problem: problem.Error(), Err: err,
		})
	}
}

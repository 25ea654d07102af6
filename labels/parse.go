package labels

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads a selector in the grammar of Kubernetes:
//
//	selector    = [ requirement { "," requirement } ]
//	requirement = key                                 the key is there
//	            | "!" key                             the key is absent
//	            | key ( "=" | "==" | "!=" ) [ value ]
//	            | key ( "in" | "notin" ) "(" values ")"
//	            | key ( ">" | "<" ) integer
//	values      = [ value ] { "," [ value ] }
//
// Spaces, tabs and line ends may stand between any two of these. A value that
// is left out is the empty one, also in "()". An empty text gives the selector
// that matches everything. "in" and "notin" are also legal as keys and values.
//
// The error tells the character, counted from 1, at which the text stops being
// a selector, and what was expected there.
func Parse(text string) (Selector, error) {
	p := parser{text: text}
	p.next()
	if p.token == end {
		return Selector{}, nil
	}
	requirements := make([]Requirement, 0, p.guess())
	for {
		r, err := p.requirement()
		if err != nil {
			return Selector{}, err
		}
		requirements = append(requirements, r)
		switch p.token {
		case end:
			return canonical(requirements), nil
		case ',':
			p.next()
		default:
			return Selector{}, p.unexpected("',' or the end")
		}
	}
}

// token is the kind of what the parser looks at. Those of one character are that character.
type token byte

const (
	end      token = 0
	word     token = 'w' // a key, a value, in or notin
	notEqual token = 'n' // !=
	equal    token = '=' // = or ==
)

type parser struct {
	text   string
	token  token
	start  int      // where the token begins
	at     int      // where it ends
	values []string // of all requirements so far: one allocation for all
}

// guess returns how many requirements, and how many values, room is made for:
// no more than there are, unless a list is among them, and few where the text is long.
func (p *parser) guess() int { return min(strings.Count(p.text, ",")+1, few) }

// next moves on to the next token.
func (p *parser) next() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	p.start = p.at
	if p.at == len(p.text) {
		p.token = end
		return
	}
	c := p.text[p.at]
	switch {
	case !isSpecial(c):
		p.token = word
		for p.at < len(p.text) && !isSpecial(p.text[p.at]) && !isSpace(p.text[p.at]) {
			p.at++
		}
		return
	case (c == '=' || c == '!') && strings.HasPrefix(p.text[p.at+1:], "="):
		p.at++
		if c == '!' {
			c = byte(notEqual)
		}
	}
	p.token = token(c)
	p.at++
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isSpecial(c byte) bool {
	switch c {
	case '=', '!', '(', ')', ',', '<', '>':
		return true
	}
	return false
}

func (p *parser) word() string { return p.text[p.start:p.at] }

// requirement reads one, and moves on to what follows it.
func (p *parser) requirement() (Requirement, error) {
	var r Requirement
	absent := p.token == '!'
	if absent {
		p.next()
	}
	if p.token != word {
		return r, p.unexpected("a key")
	}
	r.key = p.word()
	if problem := keyProblem(r.key); problem != "" {
		return r, p.fail(p.start, "key %q %s", clip(r.key), problem)
	}
	p.next()
	if absent {
		r.code = doesNotExist
		return r, nil
	}
	begin := p.start // of what complete may complain about
	var err error
	switch r.code = p.operator(); r.code {
	case exists:
	case in, notIn:
		p.next()
		r.values, err = p.list()
	case 0:
		return r, p.unexpected("an operator (=, ==, !=, in, notin, > or <), ',' or the end")
	default:
		p.next()
		begin = p.start
		r.values, err = p.single()
	}
	if err != nil {
		return r, err
	}
	if problem := r.complete(); problem != "" {
		return r, p.fail(begin, "%s", problem)
	}
	return r, nil
}

// operator returns the one that follows a key, exists where nothing does, and 0 where something else does.
func (p *parser) operator() code {
	switch p.token {
	case end, ',':
		return exists
	case equal:
		return equals
	case notEqual:
		return notEquals
	case '>':
		return greaterThan
	case '<':
		return lessThan
	case word:
		switch p.word() {
		case "in":
			return in
		case "notin":
			return notIn
		}
	}
	return 0
}

// single reads the value of =, !=, > and <, which may be left out.
func (p *parser) single() ([]string, error) {
	first := len(p.values)
	switch p.token {
	case end, ',':
		p.add("")
	case word:
		if err := p.value(); err != nil {
			return nil, err
		}
	default:
		return nil, p.unexpected("a value")
	}
	return p.since(first), nil
}

// list reads the values of in and notin with their parentheses.
func (p *parser) list() ([]string, error) {
	if p.token != '(' {
		return nil, p.unexpected("'('")
	}
	first := len(p.values)
	p.next()
	for {
		switch p.token {
		case word:
			if err := p.value(); err != nil {
				return nil, err
			}
		case ',', ')':
			p.add("")
		default:
			return nil, p.unexpected("a value, ',' or ')'")
		}
		switch p.token {
		case ',':
			p.next()
		case ')':
			p.next()
			return p.since(first), nil
		default:
			return nil, p.unexpected("',' or ')'")
		}
	}
}

// value takes the word as a value, and moves on.
func (p *parser) value() error {
	if problem := valueProblem(p.word()); problem != "" {
		return p.fail(p.start, "value %q %s", clip(p.word()), problem)
	}
	p.add(p.word())
	p.next()
	return nil
}

func (p *parser) add(value string) {
	if p.values == nil {
		p.values = make([]string, 0, p.guess())
	}
	p.values = append(p.values, value)
}

// since returns the values from the given one on, for one requirement to keep.
func (p *parser) since(first int) []string { return p.values[first:] }

func (p *parser) unexpected(expected string) error {
	found := "the end"
	if p.token != end {
		found = fmt.Sprintf("%q", clip(p.word()))
	}
	return p.fail(p.start, "expected %s, found %s", expected, found)
}

// fail returns the error for what begins at an offset of the text. What stands
// before was read without error, so it is ASCII: a character is a byte.
func (p *parser) fail(at int, format string, args ...any) error {
	return fmt.Errorf("parse selector %q: character %d: %s", clip(p.text), at+1, fmt.Sprintf(format, args...))
}

// clip shortens what an error quotes, so that no input makes an error as long as itself.
func clip(s string) string {
	const longest = 120
	if len(s) <= longest {
		return s
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

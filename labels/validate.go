package labels

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The longest names, in bytes: RFC 1123 for DNS names, Kubernetes for the rest.
const (
	maxName  = 253 // a DNS subdomain: names of objects, prefixes of keys
	maxLabel = 63  // a DNS label; the name of a key; a value
)

// ValidateKey returns what is wrong with the key of a label, or nil.
//
// A key is a name, or a prefix, a slash and a name. The name has 1 to 63
// characters: letters, digits, '-', '_' and '.', with a letter or digit at
// both ends. The prefix is a DNS subdomain, as of ValidateName.
//
// Like those of the other functions here, the error says which rule is broken
// and at which character, but does not repeat the key: it is made to be the
// Problem of a FieldError, whose Value it is.
func ValidateKey(key string) error { return problemError(keyProblem(key)) }

// ValidateValue returns what is wrong with the value of a label, or nil.
//
// A value is empty or has up to 63 characters: letters, digits, '-', '_' and
// '.', with a letter or digit at both ends.
func ValidateValue(value string) error { return problemError(valueProblem(value)) }

// ValidateName returns what is wrong with the name of an object, or nil.
//
// It is a DNS subdomain (RFC 1123): up to 253 characters; parts separated by
// '.', each of lower-case letters, digits and '-', with a letter or digit at both ends.
func ValidateName(name string) error { return problemError(nameProblem(name)) }

// ValidateLabel returns what is wrong with a name that has to be a DNS label
// (RFC 1123), as those of namespaces and containers, or nil.
//
// It is 1 to 63 characters: lower-case letters, digits and '-', with a letter
// or digit at both ends.
func ValidateLabel(name string) error { return problemError(labelProblem(name)) }

func problemError(problem string) error {
	if problem == "" {
		return nil
	}
	return errors.New(problem)
}

// keyProblem and its like return what is wrong, or "". They allocate only in the first case.
func keyProblem(key string) string {
	if key == "" {
		return "must not be empty"
	}
	slash := strings.IndexByte(key, '/')
	if slash < 0 {
		return alphabetProblem(key, 0, words)
	}
	prefix, name := key[:slash], key[slash+1:]
	if second := strings.IndexByte(name, '/'); second >= 0 {
		return fmt.Sprintf("must not have a second '/' (character %d)", position(key, slash+1+second))
	}
	switch {
	case prefix == "":
		return "must have a prefix before its '/'"
	case name == "":
		return "must have a name after its '/'"
	}
	if problem := nameProblem(prefix); problem != "" {
		return "prefix " + problem
	}
	if problem := alphabetProblem(name, utf8.RuneCountInString(key[:slash+1]), words); problem != "" {
		return "name " + problem
	}
	return ""
}

func valueProblem(value string) string {
	if value == "" {
		return ""
	}
	return alphabetProblem(value, 0, words)
}

func labelProblem(name string) string {
	if name == "" {
		return "must not be empty"
	}
	return alphabetProblem(name, 0, dns)
}

func nameProblem(name string) string {
	if name == "" {
		return "must not be empty"
	}
	for start := 0; ; {
		part, _, more := strings.Cut(name[start:], ".")
		if part == "" {
			return fmt.Sprintf("must not begin or end with '.', nor have two in a row (character %d)", min(start+1, len(name)))
		}
		if problem := partProblem(part, start, dotted); problem != "" {
			return problem
		}
		if !more {
			return lengthProblem(name, maxName)
		}
		start += len(part) + 1
	}
}

// alphabet is a set of characters of which names, or the parts of names, are made.
type alphabet int

const (
	dns    alphabet = iota // lower-case letters, digits, '-'
	dotted                 // the same, in parts between dots
	words                  // letters of both cases, digits, '-', '_', '.'
)

// outer says what may begin and end a name.
func (a alphabet) outer(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || a == words && 'A' <= c && c <= 'Z'
}

// inner says what may be in a name.
func (a alphabet) inner(c byte) bool {
	return a.outer(c) || c == '-' || a == words && (c == '_' || c == '.')
}

func (a alphabet) String() string {
	switch a {
	case dns:
		return "lower-case letters, digits and '-'"
	case dotted:
		return "lower-case letters, digits, '-' and '.'"
	}
	return "letters, digits, '-', '_' and '.'"
}

// ends describes what outer allows.
func (a alphabet) ends() string {
	if a == words {
		return "a letter or digit"
	}
	return "a lower-case letter or digit"
}

// alphabetProblem checks a whole name of up to maxLabel characters that is not
// empty; before is how many characters of the text stand in front of it.
func alphabetProblem(s string, before int, a alphabet) string {
	if problem := partProblem(s, before, a); problem != "" {
		return problem
	}
	return lengthProblem(s, maxLabel)
}

func partProblem(s string, before int, a alphabet) string {
	for i := range len(s) {
		if !a.inner(s[i]) {
			return fmt.Sprintf("must be made of %s, not %s (character %d)", a, character(s, i), before+position(s, i))
		}
	}
	if !a.outer(s[0]) {
		return fmt.Sprintf("must begin with %s, not %s (character %d)", a.ends(), character(s, 0), before+1)
	}
	if last := len(s) - 1; !a.outer(s[last]) {
		return fmt.Sprintf("must end with %s, not %s (character %d)", a.ends(), character(s, last), before+len(s))
	}
	return ""
}

func lengthProblem(s string, longest int) string {
	if len(s) > longest {
		return fmt.Sprintf("must have at most %d characters, not %d", longest, len(s))
	}
	return ""
}

// character returns the one that begins at byte i, in quotes.
func character(s string, i int) string {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("the byte 0x%02x", s[i])
	}
	return fmt.Sprintf("%q", r)
}

// position counts the character that begins at byte i, from 1.
func position(s string, i int) int { return utf8.RuneCountInString(s[:i]) + 1 }

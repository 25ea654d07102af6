package labels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Operator is how a Requirement compares the value of its key.
type Operator string

// The operators. Where core/v1 has a name for one (in a node selector term), it is that name.
const (
	Equals       Operator = "="            // the key is there and has the one value: a=b, a==b
	NotEquals    Operator = "!="           // the key has another value or is absent: a!=b
	In           Operator = "In"           // the key is there and has one of the values: a in (b,c)
	NotIn        Operator = "NotIn"        // the key has none of the values or is absent: a notin (b,c)
	Exists       Operator = "Exists"       // the key is there: a
	DoesNotExist Operator = "DoesNotExist" // the key is absent: !a
	GreaterThan  Operator = "Gt"           // the key is there, its value is an integer and larger: a>1
	LessThan     Operator = "Lt"           // the key is there, its value is an integer and smaller: a<1
)

// code is an Operator as matching wants it: a number to switch on. The zero
// code is no operator.
type code uint8

const (
	equals code = iota + 1
	notEquals
	in
	notIn
	exists
	doesNotExist
	greaterThan
	lessThan
)

var operators = [...]Operator{
	equals:       Equals,
	notEquals:    NotEquals,
	in:           In,
	notIn:        NotIn,
	exists:       Exists,
	doesNotExist: DoesNotExist,
	greaterThan:  GreaterThan,
	lessThan:     LessThan,
}

// Requirement is one condition on one key. Selectors are lists of them.
//
// It is made by NewRequirement or Parse and never changes. The zero
// Requirement matches nothing.
type Requirement struct {
	key    string
	code   code
	values []string // sorted, each once
	number int64    // values[0] of GreaterThan and LessThan
}

// NewRequirement returns the condition that key has to meet.
//
// Equals and NotEquals take one value, In and NotIn one or more, Exists and
// DoesNotExist none, GreaterThan and LessThan one decimal integer of 64 bits.
// The values are copied. The error says what is wrong with the key, the
// operator, the number of values, or the first value that is not legal.
func NewRequirement(key string, operator Operator, values ...string) (Requirement, error) {
	if problem := keyProblem(key); problem != "" {
		return Requirement{}, fmt.Errorf("require label %q: key %s", clip(key), problem)
	}
	for _, value := range values {
		if problem := valueProblem(value); problem != "" {
			return Requirement{}, fmt.Errorf("require label %q: value %q %s", key, clip(value), problem)
		}
	}
	at := slices.Index(operators[1:], operator)
	if at < 0 {
		return Requirement{}, fmt.Errorf("require label %q: unknown operator %q", key, clip(string(operator)))
	}
	r := Requirement{key: key, code: code(at + 1), values: slices.Clone(values)}
	if problem := r.complete(); problem != "" {
		return Requirement{}, fmt.Errorf("require label %q: %s", key, problem)
	}
	return r, nil
}

// complete puts the values in canonical form and returns what is wrong with
// their number or kind, or "".
func (r *Requirement) complete() string {
	switch r.code {
	case exists, doesNotExist:
		if len(r.values) > 0 {
			return fmt.Sprintf("operator %s takes no value, not %d", r.Operator(), len(r.values))
		}
		r.values = nil
	case in, notIn:
		if len(r.values) == 0 {
			return fmt.Sprintf("operator %s needs at least one value", r.Operator())
		}
		if len(r.values) > 1 {
			slices.Sort(r.values)
			r.values = slices.Compact(r.values)
		}
	case equals, notEquals, greaterThan, lessThan:
		if len(r.values) != 1 {
			return fmt.Sprintf("operator %s takes exactly one value, not %d", r.Operator(), len(r.values))
		}
		if r.code == greaterThan || r.code == lessThan {
			return r.completeNumber()
		}
	}
	return ""
}

// completeNumber reads the one value as an integer and drops its leading zeros.
func (r *Requirement) completeNumber() string {
	number, ok := integer(r.values[0])
	if !ok {
		return fmt.Sprintf("value %q must be an integer of 64 bits", clip(r.values[0]))
	}
	r.number = number
	if r.values[0] = strings.TrimLeft(r.values[0], "0"); r.values[0] == "" {
		r.values[0] = "0"
	}
	return ""
}

// Key returns the key of the label that is looked at.
func (r Requirement) Key() string { return r.key }

// Operator returns how it is compared.
func (r Requirement) Operator() Operator { return operators[r.code] }

// Values returns a copy of what it is compared with, sorted, each value once.
func (r Requirement) Values() []string { return slices.Clone(r.values) }

// Matches reports whether the set meets the condition. It allocates nothing.
func (r Requirement) Matches(set Set) bool {
	value, has := set[r.key]
	return r.accepts(value, has)
}

// accepts reports whether the condition is met by a set whose key has this
// value, or by one that has no such key.
func (r *Requirement) accepts(value string, has bool) bool {
	if !has {
		return r.code == doesNotExist || r.code == notEquals || r.code == notIn
	}
	switch r.code {
	case equals:
		return value == r.values[0]
	case notEquals:
		return value != r.values[0]
	case in:
		return contains(r.values, value)
	case notIn:
		return !contains(r.values, value)
	case exists:
		return true
	case greaterThan:
		number, ok := integer(value)
		return ok && number > r.number
	case lessThan:
		number, ok := integer(value)
		return ok && number < r.number
	}
	return false
}

// String returns the condition as Parse reads it and as it always looks:
// "a=b", "a!=b", "a in (b,c)", "a notin (b,c)", "a", "!a", "a>1", "a<1".
func (r Requirement) String() string {
	var b strings.Builder
	r.write(&b)
	return b.String()
}

func (r *Requirement) write(b *strings.Builder) {
	switch r.code {
	case exists:
		b.WriteString(r.key)
	case doesNotExist:
		b.WriteByte('!')
		b.WriteString(r.key)
	case equals, notEquals:
		b.WriteString(r.key)
		b.WriteString(string(r.Operator()))
		b.WriteString(r.values[0])
	case greaterThan:
		b.WriteString(r.key)
		b.WriteByte('>')
		b.WriteString(r.values[0])
	case lessThan:
		b.WriteString(r.key)
		b.WriteByte('<')
		b.WriteString(r.values[0])
	case in:
		b.WriteString(r.key)
		b.WriteString(" in ")
		r.writeValues(b)
	case notIn:
		b.WriteString(r.key)
		b.WriteString(" notin ")
		r.writeValues(b)
	}
}

// writeValues writes (x,y): the empty value comes first and shows as nothing.
func (r *Requirement) writeValues(b *strings.Builder) {
	b.WriteByte('(')
	for i, value := range r.values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(value)
	}
	b.WriteByte(')')
}

// compareRequirements orders by key, then operator, then values.
func compareRequirements(a, b Requirement) int {
	if c := strings.Compare(a.key, b.key); c != 0 {
		return c
	}
	if c := cmp.Compare(a.code, b.code); c != 0 {
		return c
	}
	return slices.Compare(a.values, b.values)
}

// few is how many sorted values are looked through faster one by one than by halves.
const few = 8

func contains(sorted []string, value string) bool {
	if len(sorted) > few {
		_, found := slices.BinarySearch(sorted, value)
		return found
	}
	for _, v := range sorted {
		// Most values differ in length or at once: no call is needed to see it.
		if len(v) == len(value) && (v == "" || v[0] == value[0] && v == value) {
			return true
		}
	}
	return false
}

// integer reads a decimal integer of 64 bits with an optional sign, as
// strconv.ParseInt does, but allocates no error where there is none.
func integer(s string) (int64, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	const max = 1 << 63 // the magnitude of the smallest
	var n uint64
	for i := range len(s) {
		digit := uint64(s[i] - '0')
		if digit > 9 || n > (max-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), n < max
}

package pod

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// What can be wrong with a text that is to be a quantity.
var (
	errQuantityForm   = errors.New("must be a number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3")
	errQuantityFine   = errors.New("must not be finer than a billionth (1n)")
	errQuantityDigits = errors.New("must not have more digits than 64 bits hold")
	errQuantityLarge  = errors.New("must not exceed 2^63-1")
)

// suffixes gives each suffix its power of two, its power of ten and its family.
var suffixes = map[string]struct {
	twos, tens int
	format     Format
}{
	"n": {tens: -9}, "u": {tens: -6}, "m": {tens: -3}, "": {},
	"k": {tens: 3}, "M": {tens: 6}, "G": {tens: 9}, "T": {tens: 12}, "P": {tens: 15}, "E": {tens: 18},
	"Ki": {twos: 10, format: BinarySI}, "Mi": {twos: 20, format: BinarySI}, "Gi": {twos: 30, format: BinarySI},
	"Ti": {twos: 40, format: BinarySI}, "Pi": {twos: 50, format: BinarySI}, "Ei": {twos: 60, format: BinarySI},
}

// MustParseQuantity is [ParseQuantity] for constants and tests: it panics where
// that returns an error.
func MustParseQuantity(s string) Quantity {
	q, err := ParseQuantity(s)
	if err != nil {
		panic(err)
	}
	return q
}

// ParseQuantity reads what Kubernetes reads: an optional sign; digits with an
// optional point before, among or after them; and a suffix, or an exponent
// e or E with a whole number. 1E is 10^18, 1E0 is one.
//
// What can't be held exactly is refused and never rounded: fractions finer
// than 10^-9, magnitudes above 2^63-1, and more digits than 64 bits hold.
// (Kubernetes rounds the first up and caps the second.)
func ParseQuantity(s string) (Quantity, error) {
	q, err := parseQuantity(s)
	if err != nil {
		return Quantity{}, fmt.Errorf("parse quantity %q: %w", s, err)
	}
	return q, nil
}

func parseQuantity(s string) (Quantity, error) {
	sign, whole, fraction, suffix := cutNumber(s)
	if len(whole)+len(fraction) == 0 {
		return Quantity{}, errQuantityForm
	}
	twos, tens, format, ok := parseSuffix(suffix)
	if !ok {
		return Quantity{}, errQuantityForm
	}
	digits, zeros := significant(whole, fraction)
	if digits == "" {
		return Quantity{}, nil
	}
	exp := tens + zeros - len(fraction)
	v, shift, ok := mantissa(digits, twos)
	exp += shift
	switch {
	case exp < minExp:
		return Quantity{}, errQuantityFine
	case !ok && exp < 0:
		return Quantity{}, errQuantityDigits
	case !ok || exp > maxExp:
		return Quantity{}, errQuantityLarge
	}
	if exp > 0 {
		if _, fits := times(v, exp); !fits {
			return Quantity{}, errQuantityLarge
		}
	}
	if sign == '-' {
		v = -v
	}
	q := Quantity{value: v, exp: int8(exp), format: format}
	q.format = q.shown()
	return q, nil
}

// cutNumber splits s into a sign, the digits on either side of the point and the rest.
func cutNumber(s string) (sign byte, whole, fraction, suffix string) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[0], s[1:]
	}
	n := countDigits(s)
	whole, s = s[:n], s[n:]
	if strings.HasPrefix(s, ".") {
		n = countDigits(s[1:])
		fraction, s = s[1:1+n], s[1+n:]
	}
	return sign, whole, fraction, s
}

// countDigits returns how many digits s starts with.
func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// parseSuffix returns the powers that a suffix stands for.
func parseSuffix(suffix string) (twos, tens int, format Format, ok bool) {
	if known, found := suffixes[suffix]; found {
		return known.twos, known.tens, known.format, true
	}
	_, digits, none, rest := cutNumber(suffix[1:])
	if suffix[0] != 'e' && suffix[0] != 'E' || digits == "" || none != "" || rest != "" || strings.Contains(suffix, ".") {
		return 0, 0, 0, false
	}
	tens, err := strconv.Atoi(suffix[1:])
	if err != nil || tens < -1e6 || tens > 1e6 { // only its size can be wrong
		tens = 1e6 // far beyond what fits, and far from overflow
		if suffix[1] == '-' {
			tens = -1e6
		}
	}
	return 0, tens, DecimalExponent, true
}

// significant returns the digits of a number without the zeros on either end,
// and how many zeros it dropped from the right.
func significant(whole, fraction string) (digits string, zeros int) {
	all := strings.TrimLeft(whole+fraction, "0")
	digits = strings.TrimRight(all, "0")
	return digits, len(all) - len(digits)
}

// mantissa returns digits * 2^twos as v * 10^shift, where v is no multiple of
// ten; false where v has more digits than 64 bits hold.
func mantissa(digits string, twos int) (v int64, shift int, ok bool) {
	m, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return largeMantissa(digits, twos)
	}
	hi, lo := bits.Mul64(m, 1<<twos)
	for {
		nextHi, rest := bits.Div64(0, hi, 10)
		nextLo, last := bits.Div64(rest, lo, 10)
		if last != 0 {
			return int64(lo), shift, hi == 0 && lo <= math.MaxInt64
		}
		hi, lo = nextHi, nextLo
		shift++
	}
}

// largeMantissa is mantissa for more digits than 64 bits hold, which a power
// of two may turn into few: 0.0000000037252902984619140625Gi is 4.
func largeMantissa(digits string, twos int) (v int64, shift int, ok bool) {
	const most = 100 // 19 digits, one for each power of two, and nine for 1n
	if len(digits) > most || twos == 0 {
		return 0, 0, false
	}
	m, _ := new(big.Int).SetString(digits, 10)
	m.Lsh(m, uint(twos))
	for ten, rest := big.NewInt(10), new(big.Int); ; shift++ {
		tenth, _ := new(big.Int).QuoRem(m, ten, rest)
		if rest.Sign() != 0 {
			return m.Int64(), shift, m.IsInt64()
		}
		m = tenth
	}
}

// String returns the canonical form of Kubernetes: no fraction, the largest
// suffix of its family with which that is exact, no sign but a minus. An amount
// below 1Ki, or that is not a whole number, has no suffix of BinarySI.
func (q Quantity) String() string {
	var b [32]byte
	return string(q.append(b[:0]))
}

// append appends the canonical form to b.
func (q Quantity) append(b []byte) []byte {
	if q.value == 0 {
		return append(b, '0')
	}
	if n, power := q.binary(); power > 0 {
		b = strconv.AppendInt(b, n, 10)
		return append(b, "KMGTPE"[power-1], 'i')
	}
	exp := q.thousands()
	b = strconv.AppendInt(b, q.value, 10)
	for range int(q.exp) - exp {
		b = append(b, '0')
	}
	switch {
	case exp == 0:
	case q.format == DecimalExponent:
		b = append(b, 'e')
		b = strconv.AppendInt(b, int64(exp), 10)
	default:
		b = append(b, "num kMGTPE"[exp/3+3])
	}
	return b
}

// binary returns the amount as n * 1024^power, with the largest power; power is
// 0 where no suffix of BinarySI is to be used.
func (q Quantity) binary() (n int64, power int) {
	if q.format != BinarySI || q.exp < 0 {
		return 0, 0
	}
	n = q.value * pow10[q.exp]
	for n%1024 == 0 && power < 6 {
		n /= 1024
		power++
	}
	return n, power
}

// thousands returns the largest multiple of three that is no larger than the exponent.
func (q Quantity) thousands() int {
	return (int(q.exp)+9)/3*3 - 9
}

// shown returns the family of suffixes that the canonical form shows.
func (q Quantity) shown() Format {
	if _, power := q.binary(); power > 0 || q.format == DecimalExponent && q.thousands() != 0 {
		return q.format
	}
	return DecimalSI
}

// MarshalJSON writes the canonical form as a string.
func (q Quantity) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 24)
	b = q.append(append(b, '"'))
	return append(b, '"'), nil
}

// UnmarshalJSON reads a string or a number; null changes nothing.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	text := string(b)
	switch {
	case text == "null":
		return nil
	case strings.HasPrefix(text, `"`):
		if err := json.Unmarshal(b, &text); err != nil {
			return fmt.Errorf("parse quantity: %w", err)
		}
	}
	parsed, err := ParseQuantity(text)
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

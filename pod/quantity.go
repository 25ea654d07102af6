package pod

import (
	"math"
	"math/big"
	"math/bits"
)

// Quantity is an exact amount of a resource: 250m, 1.5, 64Mi, 1e3.
//
// It is a whole number of 64 bits times a power of ten from 10^-9 up, of a
// magnitude of at most 2^63-1, and remembers the family of suffixes it was
// written with. Nothing is ever held as a floating-point number. The zero value is 0.
//
// Quantities are values: methods return results and change nothing. Compare
// amounts with [Quantity.Cmp]; == also compares the families of suffixes, and is true for
// any two that were parsed from texts with the same canonical form.
type Quantity struct {
	value  int64 // no multiple of ten, unless 0
	exp    int8  // -9 … 18; 0 where value is 0
	format Format
}

// Format is the family of suffixes that a Quantity is written with.
type Format uint8

// The families of Kubernetes.
const (
	DecimalSI       Format = iota // n u m (none) k M G T P E: powers of 1000
	BinarySI                      // Ki Mi Gi Ti Pi Ei: powers of 1024
	DecimalExponent               // e3, e6, e-3: powers of 1000
)

// Bounds of the exponent: finer than a billionth is refused; above 10^18
// nothing fits under 2^63.
const (
	minExp = -9
	maxExp = 18
)

// pow10 holds the powers of ten that fit into an int64.
var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// NewQuantity returns the amount of value units: cores, bytes, pods.
// -2^63, the one value without a counterpart, is taken as -(2^63-1).
func NewQuantity(value int64, format Format) Quantity {
	return reduced(max(value, -math.MaxInt64), 0, format)
}

// NewMilliQuantity returns the amount of value thousandths of a unit.
func NewMilliQuantity(value int64, format Format) Quantity {
	return reduced(max(value, -math.MaxInt64), -3, format)
}

// reduced moves the factors of ten of value into the exponent.
func reduced(value int64, exp int, format Format) Quantity {
	if value == 0 {
		return Quantity{format: format}
	}
	for value%10 == 0 {
		value /= 10
		exp++
	}
	return Quantity{value: value, exp: int8(exp), format: format}
}

// IsZero reports whether the amount is 0.
func (q Quantity) IsZero() bool { return q.value == 0 }

// Sign returns -1, 0 or 1.
func (q Quantity) Sign() int {
	switch {
	case q.value < 0:
		return -1
	case q.value > 0:
		return 1
	}
	return 0
}

// whole reports whether the amount is a whole number of units.
func (q Quantity) whole() bool { return q.exp >= 0 }

// Format returns the family of suffixes that q is written with where it can be.
func (q Quantity) Format() Format { return q.format }

// Value returns the amount in units, rounded away from zero: 100m is 1.
func (q Quantity) Value() int64 { return q.scaled(0) }

// MilliValue returns the amount in thousandths of a unit, rounded away from
// zero. Where that exceeds 64 bits it is ±(2^63-1).
func (q Quantity) MilliValue() int64 { return q.scaled(-3) }

// scaled returns q / 10^unit, rounded away from zero.
func (q Quantity) scaled(unit int) int64 {
	shift := int(q.exp) - unit
	if shift >= 0 {
		v, ok := times(q.value, shift)
		if !ok {
			return int64(q.Sign()) * math.MaxInt64
		}
		return v
	}
	d := pow10[-shift]
	v := q.value / d
	if q.value%d != 0 {
		v += int64(q.Sign())
	}
	return v
}

// times returns v * 10^n and whether that fits.
func times(v int64, n int) (int64, bool) {
	if n >= len(pow10) {
		return 0, v == 0
	}
	hi, lo := bits.Mul64(magnitude(v), uint64(pow10[n]))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if v < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

// magnitude returns |v|.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// Cmp compares amounts: -1 where q < o, 0 where they are equal, 1 where q > o.
func (q Quantity) Cmp(o Quantity) int {
	if q.exp == o.exp || q.Sign() != o.Sign() {
		switch {
		case q.value < o.value:
			return -1
		case q.value > o.value:
			return 1
		}
		return 0
	}
	if q.exp < o.exp {
		return -o.Cmp(q)
	}
	// Same sign, q has the larger exponent.
	n := int(q.exp) - int(o.exp)
	if n >= len(pow10) {
		return q.Sign() // 10^19 exceeds every value that o can have
	}
	hi, lo := bits.Mul64(magnitude(q.value), uint64(pow10[n]))
	if other := magnitude(o.value); hi != 0 || lo > other {
		return q.Sign()
	} else if lo < other {
		return -q.Sign()
	}
	return 0
}

// Add returns q + o, written as q is (as o where q is 0).
//
// The sum is exact unless it has more than 18 digits, which no sum of amounts
// that occur has: then it is rounded away from zero to what fits, and stays within ±(2^63-1).
func (q Quantity) Add(o Quantity) Quantity {
	if o.value == 0 {
		return q
	}
	if q.value == 0 {
		return o
	}
	a, b, exp := q.value, o.value, int(q.exp)
	fits := true
	if q.exp > o.exp {
		exp = int(o.exp)
		a, fits = times(a, int(q.exp)-exp)
	} else if q.exp < o.exp {
		b, fits = times(b, int(o.exp)-exp)
	}
	sum := a + b
	if !fits || (a > 0) == (b > 0) && (sum > 0) != (a > 0) || sum == math.MinInt64 {
		return q.addLarge(o)
	}
	if exp > 0 {
		if _, ok := times(sum, exp); !ok {
			return limit(sum > 0, q.format)
		}
	}
	return reduced(sum, exp, q.format)
}

// Sub returns q - o: see [Quantity.Add].
func (q Quantity) Sub(o Quantity) Quantity { return q.Add(o.Neg()) }

// Neg returns -q.
func (q Quantity) Neg() Quantity {
	q.value = -q.value
	return q
}

// limit returns the largest amount there is, or the smallest.
func limit(positive bool, format Format) Quantity {
	if positive {
		return reduced(math.MaxInt64, 0, format)
	}
	return reduced(-math.MaxInt64, 0, format)
}

// addLarge is Add for sums that 64 bits may not hold.
func (q Quantity) addLarge(o Quantity) Quantity {
	exp := min(int(q.exp), int(o.exp))
	sum := new(big.Int).Add(q.large(exp), o.large(exp))
	ten, rest := big.NewInt(10), new(big.Int)
	for sum.Sign() != 0 && (!sum.IsInt64() || sum.Int64() == math.MinInt64) {
		sum.QuoRem(sum, ten, rest)
		sum.Add(sum, big.NewInt(int64(rest.Sign())))
		exp++
	}
	v := sum.Int64()
	if exp > 0 {
		if _, ok := times(v, exp); !ok {
			return limit(v > 0, q.format)
		}
	}
	return reduced(v, exp, q.format)
}

// large returns q in units of 10^exp.
func (q Quantity) large(exp int) *big.Int {
	v := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(int(q.exp)-exp)), nil)
	return v.Mul(v, big.NewInt(q.value))
}

package pod_test

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

func TestQuantityCanonicalForm(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"+0", "0"}, {"0Ki", "0"}, {"0e9", "0"}, {"00.000n", "0"}, {"0e99999999999999999999", "0"},
		{"1", "1"}, {"+1", "1"}, {"-1", "-1"}, {"01", "1"}, {"1.", "1"}, {".5", "500m"}, {"1.0", "1"}, {"-.5", "-500m"},
		{"250m", "250m"}, {"1000m", "1"}, {"1500m", "1500m"}, {"1.5", "1500m"}, {"0.1", "100m"}, {"100000m", "100"},
		{"1n", "1n"}, {"1000n", "1u"}, {"1u", "1u"}, {"1000000n", "1m"}, {"0.001u", "1n"}, {"1500000n", "1500u"},
		{"1k", "1k"}, {"1000", "1k"}, {"1500", "1500"}, {"1.5k", "1500"}, {"10k", "10k"}, {"100k", "100k"}, {"1000k", "1M"}, {"12345678", "12345678"},
		{"1M", "1M"}, {"1G", "1G"}, {"1T", "1T"}, {"1P", "1P"}, {"1E", "1E"}, {"9E", "9E"}, {"9.2E", "9200P"}, {"5000M", "5G"},
		{"1Ki", "1Ki"}, {"64Mi", "64Mi"}, {"1024Ki", "1Mi"}, {"1025Ki", "1025Ki"}, {"0.5Gi", "512Mi"}, {"1.5Gi", "1536Mi"}, {"7Ei", "7Ei"}, {"-64Mi", "-64Mi"},
		{"0.5Ki", "512"}, {"1.5Ki", "1536"}, {"1.1Ki", "1126400m"}, {"0.1Ki", "102400m"}, {"1000Ki", "1000Ki"}, {"1024", "1024"}, {"65536", "65536"},
		{"0.0000000037252902984619140625Gi", "4"}, {"0.000000001Ei", "1152921504606846976n"},
		{"1e3", "1e3"}, {"1E3", "1e3"}, {"1e0", "1"}, {"1E0", "1"}, {"1e1", "10"}, {"12e2", "1200"}, {"1e+3", "1e3"}, {"1e-3", "1e-3"}, {"1.5e3", "1500"},
		{"1500e3", "1500e3"}, {"1e4", "10e3"}, {"1e18", "1e18"}, {"1e-9", "1e-9"}, {"100e-3", "100e-3"}, {"1e-2", "10e-3"}, {"1e-1", "100e-3"}, {"1e-4", "100e-6"},
		{"9223372036854775807", "9223372036854775807"}, {"-9223372036854775807", "-9223372036854775807"}, {"9223372036854775807n", "9223372036854775807n"},
		{"922337203685477580.7", "922337203685477580700m"}, {"92233720368547758.07", "92233720368547758070m"},
		{"100000000000000000000000000n", "100P"}, {strings.Repeat("0", 300) + "1", "1"}, {"1." + strings.Repeat("0", 300), "1"},
	} {
		q, err := pod.ParseQuantity(tt.in)
		require.NoError(t, err, tt.in)
		require.Equal(t, tt.want, q.String(), tt.in)
	}
}

func TestQuantityRefuses(t *testing.T) {
	const form, fine, digits, large = "must be a number", "finer than a billionth", "more digits than 64 bits", "must not exceed 2^63-1"
	for _, tt := range []struct{ in, problem string }{
		{"", form}, {".", form}, {"+", form}, {"-", form}, {"-.", form}, {"m", form}, {"Ki", form}, {"e3", form}, {"--1", form}, {"+-1", form},
		{"1 ", form}, {" 1", form}, {"1 Ki", form}, {"1ki", form}, {"1KI", form}, {"1K", form}, {"1i", form}, {"1mi", form}, {"1MiB", form}, {"1B", form},
		{"1.1.1", form}, {"1,5", form}, {"1_000", form}, {"0x10", form}, {"1e", form}, {"1e+", form}, {"1e1.5", form}, {"1e3k", form}, {"1e3Ki", form}, {"1ee3", form},
		{"NaN", form}, {"Inf", form}, {"١", form}, {"1\x00", form}, {"½", form},
		{"0.1n", fine}, {"1e-10", fine}, {"0.0000000001", fine}, {"0.0001u", fine}, {"0.00000000001Ki", fine}, {"1e-99999999999999999999", fine},
		{"9223372036854775808n", digits}, {"9223372036854775.8075", digits}, {"9223372036854775807.5", digits}, {"0." + strings.Repeat("1", 200) + "Gi", fine},
		{"10E", large}, {"1e19", large}, {"9.3E", large}, {"1e99999999999999999999", large}, {"9223372036854775808", large}, {"12345678901234567891", large},
		{"8Ei", large}, {"16Ei", large}, {"100Ei", large}, {strings.Repeat("1", 500), large}, {strings.Repeat("1", 500) + "Ki", large},
	} {
		_, err := pod.ParseQuantity(tt.in)
		require.ErrorContains(t, err, tt.problem, tt.in)
		require.ErrorContains(t, err, "parse quantity "+strconv.Quote(tt.in))
	}
	require.Panics(t, func() { pod.MustParseQuantity("x") })
}

func TestQuantityRounds(t *testing.T) {
	for _, tt := range []struct {
		in           string
		value, milli int64
	}{
		{"0", 0, 0}, {"1", 1, 1000}, {"250m", 1, 250}, {"-250m", -1, -250}, {"1n", 1, 1}, {"1001u", 1, 2}, {"-1001u", -1, -2}, {"1999m", 2, 1999},
		{"64Mi", 64 << 20, 64 << 20 * 1000}, {"9E", 9e18, math.MaxInt64}, {"-9E", -9e18, -math.MaxInt64}, {"9223372036854775807", math.MaxInt64, math.MaxInt64},
	} {
		q := pod.MustParseQuantity(tt.in)
		require.Equal(t, tt.value, q.Value(), tt.in)
		require.Equal(t, tt.milli, q.MilliValue(), tt.in)
	}
}

func TestQuantityNew(t *testing.T) {
	require.Equal(t, "64Mi", pod.NewQuantity(64<<20, pod.BinarySI).String())
	require.Equal(t, "67108864", pod.NewQuantity(64<<20, pod.DecimalSI).String())
	require.Equal(t, "5e6", pod.NewQuantity(5e6, pod.DecimalExponent).String())
	require.Equal(t, "250m", pod.NewMilliQuantity(250, pod.DecimalSI).String())
	require.Equal(t, "2", pod.NewMilliQuantity(2000, pod.DecimalSI).String())
	require.Equal(t, "-9223372036854775807", pod.NewQuantity(math.MinInt64, pod.DecimalSI).String())
	require.Equal(t, "0", pod.Quantity{}.String())
	require.Equal(t, pod.MustParseQuantity("64Mi"), pod.NewQuantity(64<<20, pod.BinarySI))
	require.Equal(t, pod.MustParseQuantity("1"), pod.MustParseQuantity("1000m"))
}

func TestQuantitySums(t *testing.T) {
	for _, tt := range []struct{ a, b, sum, difference string }{
		{"1", "250m", "1250m", "750m"},
		{"1Gi", "64Mi", "1088Mi", "960Mi"},
		{"1Gi", "1", "1073741825", "1073741823"},
		{"0", "64Mi", "64Mi", "-64Mi"},
		{"64Mi", "64Mi", "128Mi", "0"},
		{"250m", "250m", "500m", "0"},
		{"-1", "1", "0", "-2"},
		{"1e3", "1", "1001", "999"},
		{"1E", "1n", "1000000000000000001m", "999999999999999999999999999n"}, // see below
		{"9E", "9E", "9223372036854775807", "0"},
		{"9223372036854775807", "1", "9223372036854775807", "9223372036854775806"},
		{"9223372036854775807", "-1", "9223372036854775806", "9223372036854775807"},
		{"-9E", "9E", "0", "-9223372036854775807"},
		{"9223372036854775807", "9223372036854775807", "9223372036854775807", "0"},
		{"9223372036854775807n", "9223372036854775807n", "18446744073709551620n", "0"},
		{"9223372036854775807n", "1n", "9223372036854775810n", "9223372036854775806n"},
	} {
		a, b := pod.MustParseQuantity(tt.a), pod.MustParseQuantity(tt.b)
		if tt.a == "1E" {
			// Twenty-eight digits: rounded away from zero to what fits.
			require.Equal(t, "1000000000000000001", a.Add(b).String())
			require.Equal(t, "1E", a.Sub(b).String())
			continue
		}
		require.Equal(t, tt.sum, a.Add(b).String(), "%s + %s", tt.a, tt.b)
		require.Equal(t, tt.difference, a.Sub(b).String(), "%s - %s", tt.a, tt.b)
	}
}

func TestQuantityCmp(t *testing.T) {
	ordered := []string{"-9E", "-1Ki", "-1", "-1n", "0", "1n", "1u", "999u", "1m", "1", "1.000000001", "1k", "1Ki", "1025", "64M", "64Mi", "10G", "1E", "9E", "9223372036854775807"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(max(i-j, -1), 1)
			require.Equal(t, want, pod.MustParseQuantity(a).Cmp(pod.MustParseQuantity(b)), "%s and %s", a, b)
		}
		require.Equal(t, min(max(i-4, -1), 1), pod.MustParseQuantity(a).Sign(), a)
		require.Equal(t, i == 4, pod.MustParseQuantity(a).IsZero(), a)
	}
	require.Zero(t, pod.MustParseQuantity("1024").Cmp(pod.MustParseQuantity("1Ki")))
	require.Zero(t, pod.MustParseQuantity("0.001").Cmp(pod.MustParseQuantity("1e-3")))
}

func TestQuantityJSON(t *testing.T) {
	var r pod.Resources
	require.NoError(t, json.Unmarshal([]byte(`{"cpu": 0.5, "memory": "64Mi", "a.b/c": 2, "a.b/d": 1e3, "a.b/e": "\u0031", "a.b/f": null}`), &r))
	require.Equal(t, "a.b/c=2,a.b/d=1e3,a.b/e=1,a.b/f=0,cpu=500m,memory=64Mi", r.String())
	out, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"cpu":"500m","memory":"64Mi","a.b/c":"2","a.b/d":"1e3","a.b/e":"1","a.b/f":"0"}`, string(out))
	for _, bad := range []string{`true`, `{}`, `[]`, `"abc"`, `""`, `1e400`, `"1`} {
		var q pod.Quantity
		require.Error(t, json.Unmarshal([]byte(bad), &q), bad)
		require.True(t, q.IsZero())
	}
}

// grammar is Kubernetes' grammar of quantities, written down a second time.
var grammar = regexp.MustCompile(`^([+-]?)(\d+\.?\d*|\.\d+)(n|u|m||k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)$`)

// oracle reads a quantity by way of rational numbers. small is false where the
// exponent is beyond what it deals with.
func oracle(s string) (amount *big.Rat, wellFormed, small bool) {
	m := grammar.FindStringSubmatch(s)
	if m == nil {
		return nil, false, true
	}
	amount, _ = new(big.Rat).SetString(strings.TrimSuffix(m[1]+m[2], "."))
	power := func(base, n int64) *big.Rat {
		p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(base), big.NewInt(max(n, -n)), nil))
		if n < 0 {
			p.Inv(p)
		}
		return p
	}
	suffix := m[3]
	switch {
	case len(suffix) > 1 && (suffix[0] == 'e' || suffix[0] == 'E'):
		n, err := strconv.Atoi(suffix[1:])
		if err != nil || n > 60 || n < -60 {
			return nil, true, false
		}
		return amount.Mul(amount, power(10, int64(n))), true, true
	case strings.HasSuffix(suffix, "i"):
		return amount.Mul(amount, power(1024, int64(strings.Index("KMGTPE", suffix[:1])+1))), true, true
	case suffix == "":
		return amount, true, true
	}
	return amount.Mul(amount, power(1000, int64(strings.Index("num kMGTPE", suffix)-3))), true, true
}

// representable reports whether an amount is an int64 times 10^n, n from -9, and within ±(2^63-1).
func representable(amount *big.Rat) bool {
	limit := new(big.Rat).SetInt64(math.MaxInt64)
	if new(big.Rat).Abs(amount).Cmp(limit) > 0 {
		return false
	}
	v := new(big.Rat).Mul(amount, new(big.Rat).SetInt64(1e9))
	if !v.IsInt() {
		return false
	}
	n := v.Num()
	for ten, rest := big.NewInt(10), new(big.Int); n.Sign() != 0; {
		quo, _ := new(big.Int).QuoRem(n, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		n = quo
	}
	return n.IsInt64() && n.Int64() != math.MinInt64
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"", "0", "250m", "1.5", "64Mi", "1e3", "1E", "1E3", "-1.5Gi", "+.5n", "1e-9", "9223372036854775807", "8Ei", "7.9Ei",
		"0.0000000037252902984619140625Gi", "1e99999999999999999999", "00012000.000k", "1..", "e", "1e", "1.1Ki", "18446744073709551616", "184467440737095516150Ki"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := pod.ParseQuantity(s)
		amount, wellFormed, small := oracle(s)
		if small {
			require.Equal(t, wellFormed && representable(amount), err == nil, "%q: %v", s, err)
		}
		if err != nil {
			require.Zero(t, q)
			return
		}
		require.True(t, wellFormed, s)
		canonical := q.String()
		again, err := pod.ParseQuantity(canonical)
		require.NoError(t, err, canonical)
		require.Equal(t, q, again, "%q reads as %q", s, canonical)
		require.Equal(t, canonical, again.String())
		if small {
			held, _, _ := oracle(canonical)
			require.Zero(t, amount.Cmp(held), "%q became %q", s, canonical)
		}
		var decoded pod.Quantity
		encoded, err := json.Marshal(q)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, q, decoded)
	})
}

func FuzzQuantityArithmetic(f *testing.F) {
	f.Add(int64(1), uint8(9), int64(250), uint8(6))
	f.Add(int64(math.MaxInt64), uint8(9), int64(1), uint8(0))
	f.Add(int64(math.MinInt64), uint8(0), int64(-1), uint8(27))
	f.Fuzz(func(t *testing.T, a int64, ea uint8, b int64, eb uint8) {
		make := func(v int64, e uint8) (pod.Quantity, *big.Rat) {
			s := strconv.FormatInt(v, 10) + "e" + strconv.Itoa(int(e%28)-9)
			q, err := pod.ParseQuantity(s)
			if err != nil {
				t.Skip()
			}
			amount, _, _ := oracle(s)
			return q, amount
		}
		x, rx := make(a, ea)
		y, ry := make(b, eb)
		require.Equal(t, rx.Cmp(ry), x.Cmp(y), "%s and %s", x, y)
		require.Equal(t, rx.Sign(), x.Sign())
		sum := new(big.Rat).Add(rx, ry)
		got, _, _ := oracle(x.Add(y).String())
		if representable(sum) {
			require.Zero(t, sum.Cmp(got), "%s + %s is %s", x, y, x.Add(y))
		} else {
			require.False(t, new(big.Rat).Abs(got).Cmp(new(big.Rat).SetInt64(math.MaxInt64)) > 0)
			require.Equal(t, sum.Sign(), got.Sign())
		}
		require.Equal(t, x.Add(y).Cmp(y.Add(x)), 0)
		require.Equal(t, x.Sub(y).Cmp(x.Add(y.Neg())), 0)
		require.Equal(t, roundedAway(rx), x.Value(), "value of %s", x)
	})
}

// roundedAway returns the whole number next to r, away from zero.
func roundedAway(r *big.Rat) int64 {
	quo, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	return quo.Int64() + int64(rest.Sign())
}

func BenchmarkParseQuantity(b *testing.B) {
	for _, s := range []string{"250m", "64Mi", "1.5"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pod.ParseQuantity(s)
			}
		})
	}
}

func BenchmarkQuantityString(b *testing.B) {
	q := pod.MustParseQuantity("64Mi")
	b.ReportAllocs()
	for b.Loop() {
		_ = q.String()
	}
}

func BenchmarkQuantityAdd(b *testing.B) {
	q, o := pod.MustParseQuantity("64Gi"), pod.MustParseQuantity("64Mi")
	b.ReportAllocs()
	for b.Loop() {
		_ = q.Add(o)
	}
}

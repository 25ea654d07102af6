package labels_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func parse(t testing.TB, text string) labels.Selector {
	t.Helper()
	s, err := labels.Parse(text)
	require.NoError(t, err)
	return s
}

func TestParse(t *testing.T) {
	for _, tc := range []struct{ text, canonical string }{
		{"", ""},
		{" \t\r\n", ""},
		{"a=b", "a=b"},
		{"a==b", "a=b"},
		{" a\t=\nb ", "a=b"},
		{"a = b , c == d", "a=b,c=d"},
		{"a=", "a="},
		{"a= , b=", "a=,b="},
		{"a!=b", "a!=b"},
		{"a != ", "a!="},
		{"a", "a"},
		{"!a", "!a"},
		{" ! a ", "!a"},
		{"a in (x,y)", "a in (x,y)"},
		{"a in(y , x,y)", "a in (x,y)"},
		{"a in (x)", "a in (x)"},
		{"a in ()", "a in ()"},
		{"a in (,)", "a in ()"},
		{"a in (,x)", "a in (,x)"},
		{"a in (x,)", "a in (,x)"},
		{"a in (x,,y)", "a in (,x,y)"},
		{"a notin (x,y)", "a notin (x,y)"},
		{"a notin()", "a notin ()"},
		{"a>1", "a>1"},
		{"a < 10", "a<10"},
		{"a>007,b<000", "a>7,b<0"},
		{"a<9223372036854775807", "a<9223372036854775807"},
		{"example.com/tier=web", "example.com/tier=web"},
		{"c,b,a", "a,b,c"},
		{"a=2,a=1,a,!a,a=2", "a=1,a=2,a,!a"},
		{"a=b,c in (x,y,z),!d", "a=b,c in (x,y,z),!d"},
		{"in", "in"},
		{"!notin", "!notin"},
		{"in in (in,notin)", "in in (in,notin)"},
		{"notin notin (in)", "notin notin (in)"},
		{"in=notin", "in=notin"},
		{"in,notin", "in,notin"},
		{"a=in", "a=in"},
		{"inn in (x)", "inn in (x)"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			s := parse(t, tc.text)
			require.Equal(t, tc.canonical, s.String())
			again := parse(t, s.String())
			require.Equal(t, s, again)
			require.True(t, s.Equal(again))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("k", 64)
	for _, tc := range []struct{ text, problem string }{
		{",", `character 1: expected a key, found ","`},
		{"a=b,", `character 5: expected a key, found the end`},
		{"a=b,,c=d", `character 5: expected a key, found ","`},
		{"a=b,\n!", `character 7: expected a key, found the end`},
		{"=b", `character 1: expected a key, found "="`},
		{"!!a", `character 2: expected a key, found "!"`},
		{"!a=b", `character 3: expected ',' or the end, found "="`},
		{"!a in (b)", `character 4: expected ',' or the end, found "in"`},
		{"a b", `character 3: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found "b"`},
		{"a!", `character 2: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found "!"`},
		{"a IN (b)", `character 3: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found "IN"`},
		{"a(b)", `character 2: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found "("`},
		{"a===b", `character 4: expected a value, found "="`},
		{"a= =b", `character 4: expected a value, found "="`},
		{"a=!b", `character 3: expected a value, found "!"`},
		{"a=>1", `character 3: expected a value, found ">"`},
		{"a=b c", `character 5: expected ',' or the end, found "c"`},
		{"a==b==c", `character 5: expected ',' or the end, found "=="`},
		{"a=b||c=d", `character 3: value "b||c" must be made of letters, digits, '-', '_' and '.', not '|' (character 2)`},
		{"a in", `character 5: expected '(', found the end`},
		{"a in x", `character 6: expected '(', found "x"`},
		{"a in (", `character 7: expected a value, ',' or ')', found the end`},
		{"a in (x", `character 8: expected ',' or ')', found the end`},
		{"a in (x y)", `character 9: expected ',' or ')', found "y"`},
		{"a in (x=y)", `character 8: expected ',' or ')', found "="`},
		{"a in ((x))", `character 7: expected a value, ',' or ')', found "("`},
		{"a in (x) b", `character 10: expected ',' or the end, found "b"`},
		{"a)", `character 2: expected an operator (=, ==, !=, in, notin, > or <), ',' or the end, found ")"`},
		{"a>", `character 3: value "" must be an integer of 64 bits`},
		{"a<b", `character 3: value "b" must be an integer of 64 bits`},
		{"a > 1.5", `character 5: value "1.5" must be an integer of 64 bits`},
		{"a>-1", `character 3: value "-1" must begin with a letter or digit, not '-' (character 1)`},
		{"a<9223372036854775808", `character 3: value "9223372036854775808" must be an integer of 64 bits`},
		{"a>1,b in (x,-y)", `character 13: value "-y" must begin with a letter or digit, not '-' (character 1)`},
		{"a=b, c_=d", `character 6: key "c_" must end with a letter or digit, not '_' (character 2)`},
		{"é=b", `character 1: key "é" must be made of letters, digits, '-', '_' and '.', not 'é' (character 1)`},
		{"a=é,", `character 3: value "é" must be made of letters, digits, '-', '_' and '.', not 'é' (character 1)`},
		{"a=b,Example.com/x", `character 5: key "Example.com/x" prefix must be made of lower-case letters, digits, '-' and '.', not 'E' (character 1)`},
		{"a\x00b", `character 1: key "a\x00b" must be made of letters, digits, '-', '_' and '.', not '\x00' (character 2)`},
		{"a=" + long, `character 3: value "` + long + `" must have at most 63 characters, not 64`},
	} {
		t.Run(tc.text, func(t *testing.T) {
			s, err := labels.Parse(tc.text)
			require.ErrorContains(t, err, tc.problem)
			require.ErrorContains(t, err, `parse selector "`)
			require.True(t, s.Empty())
		})
	}
}

func TestParseErrorIsShort(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("é", 10<<20),
		"a=" + strings.Repeat("\xff", 10<<20),
		"a=b " + strings.Repeat("c", 10<<20),
		strings.Repeat(",", 10<<20),
		"a in (" + strings.Repeat(",", 1<<20),
	} {
		_, err := labels.Parse(text)
		require.Error(t, err)
		require.Less(t, len(err.Error()), 2048)
	}
}

// What Parse says of a text holds for the text it writes: it reads it back as
// the same selector and writes it the same again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "a", "!a", "a=b", "a==b", "a!=b", "a=", "a>1", "a<007", "x.y/z=A_b.c-D",
		"a in (x,y,z)", "a notin (,x)", "a in ()", " a = b , c in ( y , x ) , ! d ", "in in (in)",
		"a=b,a=b,a", "a=b,", "a in (", "a=!b", "a===b", "é=ü", "a\x00", "a>99999999999999999999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := labels.Parse(text)
		if err != nil {
			require.True(t, s.Empty())
			require.Less(t, len(err.Error()), 2048)
			return
		}
		again, err := labels.Parse(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
		require.Equal(t, s.String(), again.String())
		require.True(t, labels.NewSelector(s.Requirements()...).Equal(s))
		for _, r := range s.Requirements() {
			made, err := labels.NewRequirement(r.Key(), r.Operator(), r.Values()...)
			require.NoError(t, err)
			require.Equal(t, r, made)
		}
	})
}

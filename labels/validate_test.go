package labels_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func TestValidateKey(t *testing.T) {
	k63, p253 := strings.Repeat("k", 63), strings.Repeat("p.", 126)+"p"
	for _, key := range []string{
		"a", "A", "0", "a-b_c.d", "app", "example.com/app", "x/A_b", "a-b.c/1", k63, p253 + "/" + k63, strings.Repeat("p", 253) + "/a",
	} {
		require.NoError(t, labels.ValidateKey(key), key)
	}
	for key, problem := range map[string]string{
		"":               "must not be empty",
		"-a":             "must begin with a letter or digit, not '-' (character 1)",
		"a.":             "must end with a letter or digit, not '.' (character 2)",
		"_":              "must begin with a letter or digit, not '_' (character 1)",
		"a b":            "must be made of letters, digits, '-', '_' and '.', not ' ' (character 2)",
		"aé":             "must be made of letters, digits, '-', '_' and '.', not 'é' (character 2)",
		"a\xff":          "must be made of letters, digits, '-', '_' and '.', not the byte 0xff (character 2)",
		"a\n":            `must be made of letters, digits, '-', '_' and '.', not '\n' (character 2)`,
		k63 + "k":        "must have at most 63 characters, not 64",
		"/a":             "must have a prefix before its '/'",
		"a/":             "must have a name after its '/'",
		"/":              "must have a prefix before its '/'",
		"a/b/c":          "must not have a second '/' (character 4)",
		"a//b":           "must not have a second '/' (character 3)",
		"A/b":            "prefix must be made of lower-case letters, digits, '-' and '.', not 'A' (character 1)",
		"a_b/c":          "prefix must be made of lower-case letters, digits, '-' and '.', not '_' (character 2)",
		"a..b/c":         "prefix must not begin or end with '.', nor have two in a row (character 3)",
		"a.-b/c":         "prefix must begin with a lower-case letter or digit, not '-' (character 3)",
		p253 + "p/a":     "prefix must have at most 253 characters, not 254",
		"a.b/-c":         "name must begin with a letter or digit, not '-' (character 5)",
		"a.b/c-":         "name must end with a letter or digit, not '-' (character 6)",
		"a.b/c d":        "name must be made of letters, digits, '-', '_' and '.', not ' ' (character 6)",
		"a/" + k63 + "k": "name must have at most 63 characters, not 64",
	} {
		require.EqualError(t, labels.ValidateKey(key), problem, key)
	}
}

func TestValidateValue(t *testing.T) {
	v63 := strings.Repeat("v", 63)
	for _, value := range []string{"", "a", "A", "0", "a-b_c.d", "1.5", "in", v63} {
		require.NoError(t, labels.ValidateValue(value), value)
	}
	for value, problem := range map[string]string{
		" ":       "must be made of letters, digits, '-', '_' and '.', not ' ' (character 1)",
		"a/b":     "must be made of letters, digits, '-', '_' and '.', not '/' (character 2)",
		"a=b":     "must be made of letters, digits, '-', '_' and '.', not '=' (character 2)",
		"éa":      "must be made of letters, digits, '-', '_' and '.', not 'é' (character 1)",
		"-1":      "must begin with a letter or digit, not '-' (character 1)",
		"a_":      "must end with a letter or digit, not '_' (character 2)",
		v63 + "v": "must have at most 63 characters, not 64",
	} {
		require.EqualError(t, labels.ValidateValue(value), problem, value)
	}
}

func TestValidateName(t *testing.T) {
	n253 := strings.Repeat("n", 253)
	for _, name := range []string{"a", "0", "web-1", "web.1", "a.b-c.d", "10.0.0.1", n253} {
		require.NoError(t, labels.ValidateName(name), name)
	}
	for name, problem := range map[string]string{
		"":         "must not be empty",
		"Web":      "must be made of lower-case letters, digits, '-' and '.', not 'W' (character 1)",
		"a.web_1":  "must be made of lower-case letters, digits, '-' and '.', not '_' (character 6)",
		"a/b":      "must be made of lower-case letters, digits, '-' and '.', not '/' (character 2)",
		"-a":       "must begin with a lower-case letter or digit, not '-' (character 1)",
		"a-":       "must end with a lower-case letter or digit, not '-' (character 2)",
		"a-.b":     "must end with a lower-case letter or digit, not '-' (character 2)",
		"a.b.-c":   "must begin with a lower-case letter or digit, not '-' (character 5)",
		".a":       "must not begin or end with '.', nor have two in a row (character 1)",
		"a.":       "must not begin or end with '.', nor have two in a row (character 2)",
		"a..b":     "must not begin or end with '.', nor have two in a row (character 3)",
		".":        "must not begin or end with '.', nor have two in a row (character 1)",
		n253 + "n": "must have at most 253 characters, not 254",
	} {
		require.EqualError(t, labels.ValidateName(name), problem, name)
	}
}

func TestValidateLabel(t *testing.T) {
	l63 := strings.Repeat("l", 63)
	for _, name := range []string{"a", "0", "web-1", l63} {
		require.NoError(t, labels.ValidateLabel(name), name)
	}
	for name, problem := range map[string]string{
		"":        "must not be empty",
		"a.b":     "must be made of lower-case letters, digits and '-', not '.' (character 2)",
		"aB":      "must be made of lower-case letters, digits and '-', not 'B' (character 2)",
		"-a":      "must begin with a lower-case letter or digit, not '-' (character 1)",
		"a-":      "must end with a lower-case letter or digit, not '-' (character 2)",
		l63 + "l": "must have at most 63 characters, not 64",
	} {
		require.EqualError(t, labels.ValidateLabel(name), problem, name)
	}
}

// The rules as regular expressions, to hold the functions against.
var (
	keyRule   = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)$`)
	labelRule = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	nameRule  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

func FuzzValidate(f *testing.F) {
	for _, s := range []string{"", "a", "A.b/c_D", "a/b/c", "/", "-", "a..b", "é", "\xff", strings.Repeat("a.", 127), strings.Repeat("a", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		label := labelRule.MatchString(s) && len(s) <= 63
		name := nameRule.MatchString(s) && len(s) <= 253
		value := s == "" || keyRule.MatchString(s) && len(s) <= 63
		prefix, rest, found := strings.Cut(s, "/")
		key := s != "" && value
		if found {
			key = nameRule.MatchString(prefix) && len(prefix) <= 253 && keyRule.MatchString(rest) && len(rest) <= 63
		}
		require.Equal(t, label, labels.ValidateLabel(s) == nil)
		require.Equal(t, name, labels.ValidateName(s) == nil)
		require.Equal(t, value, labels.ValidateValue(s) == nil)
		require.Equal(t, key, labels.ValidateKey(s) == nil)
	})
}

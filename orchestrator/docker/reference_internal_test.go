package docker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const someDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParseReference(t *testing.T) {
	for image, want := range map[string]reference{
		"web":                          {"web", "docker.io", "latest"},
		"web:1":                        {"web", "docker.io", "1"},
		"team/web:1.2-rc_3":            {"team/web", "docker.io", "1.2-rc_3"},
		"docker.io/team/web":           {"docker.io/team/web", "docker.io", "latest"},
		"localhost/web":                {"localhost/web", "localhost", "latest"},
		"registry.example.com/a/b/c:x": {"registry.example.com/a/b/c", "registry.example.com", "x"},
		"10.0.0.1:5000/web":            {"10.0.0.1:5000/web", "10.0.0.1:5000", "latest"},
		"[fd00::1]:5000/web:2":         {"[fd00::1]:5000/web", "[fd00::1]:5000", "2"},
		"web@" + someDigest:            {"web", "docker.io", someDigest},
		"h:1/web:3@" + someDigest:      {"h:1/web", "h:1", someDigest},
		someDigest:                     {someDigest, "", ""},
		someDigest[7:]:                 {someDigest[7:], "", ""},
	} {
		got, err := parseReference(image)
		require.NoError(t, err, image)
		require.Equal(t, want, got, image)
	}
	for image, says := range map[string]string{
		"":                       `"" is no part of one`,
		"Web":                    "capital letters",
		"a//b":                   `"" is no part of one`,
		"a/-b":                   `"-b" is no part of one`,
		"web:":                   `"" is no tag`,
		"web:.x":                 `".x" is no tag`,
		"web@md5:1":              `"md5:1" is no digest`,
		"bad_host.x/web":         "is no host of a registry",
		"we b":                   "is no part of one",
		strings.Repeat("a", 256): "longer than 255",
	} {
		_, err := parseReference(image)
		require.ErrorContains(t, err, says, image)
	}
}

// FuzzParseReference: whatever it takes, its parts make up.
func FuzzParseReference(f *testing.F) {
	for _, seed := range []string{"web:1", "h:5000/a/b@" + someDigest, someDigest, "a/B", "[::1]/x", ":", "@", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, image string) {
		r, err := parseReference(image)
		if err != nil {
			return
		}
		require.True(t, strings.HasPrefix(image, r.name))
		require.True(t, r.version == "" || r.version == "latest" || strings.HasSuffix(image, r.version))
		require.True(t, r.registry == "" || r.registry == "docker.io" || strings.HasPrefix(image, r.registry+"/"))
	})
}

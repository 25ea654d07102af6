package docker

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is the name of an image: [registry/]repository[:tag][@digest].
type reference struct {
	name     string // as it was written, without tag and digest
	registry string // the host that has it; docker.io where the name begins with none
	version  string // its digest, or else its tag, or else latest; empty: name is an id
}

// The parts of a name, as the specification of registries has them.
var (
	hostForm   = regexp.MustCompile(`^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?)(:[0-9]+)?$`)
	pathForm   = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$`)
	tagForm    = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$`)
	digestForm = regexp.MustCompile(`^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$`)
	idForm     = regexp.MustCompile(`^(sha256:)?[0-9a-f]{64}$`)
)

// parseReference returns the parts of the name of an image, or why it can't be one.
func parseReference(image string) (reference, error) {
	if idForm.MatchString(image) {
		return reference{name: image}, nil
	}
	r := reference{name: image, version: "latest"}
	name, digest, digested := strings.Cut(image, "@")
	if digested && !digestForm.MatchString(digest) {
		return r, fmt.Errorf("%q is no name of an image: %q is no digest", image, digest)
	}
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		name, r.version = name[:at], name[at+1:]
		if !tagForm.MatchString(r.version) {
			return r, fmt.Errorf("%q is no name of an image: %q is no tag", image, r.version)
		}
	}
	if digested {
		r.version = digest
	}
	r.name = name
	path := name
	r.registry = "docker.io"
	if first, rest, ok := strings.Cut(name, "/"); ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		r.registry, path = first, rest
		if !hostForm.MatchString(first) {
			return r, fmt.Errorf("%q is no name of an image: %q is no host of a registry", image, first)
		}
	}
	if len(name) > 255 {
		return r, fmt.Errorf("%q is no name of an image: it is longer than 255 characters", image)
	}
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case pathForm.MatchString(part):
		case pathForm.MatchString(strings.ToLower(part)):
			return r, fmt.Errorf("%q is no name of an image: %q has capital letters", image, part)
		default:
			return r, fmt.Errorf("%q is no name of an image: %q is no part of one", image, part)
		}
	}
	return r, nil
}

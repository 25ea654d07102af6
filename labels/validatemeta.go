package labels

import (
	"fmt"
	"strings"
)

// MaxAnnotations is how many bytes the annotations of one object may take:
// keys and values together, 256 KiB.
const MaxAnnotations = 256 << 10

// ValidateSet returns every key and value of the set that is not legal, in the
// order of the keys. A key is reported at path, a value at path[key].
func ValidateSet(set Set, path string) FieldErrors {
	var errs FieldErrors
	for _, key := range sortedKeys(set) {
		if problem := keyProblem(key); problem != "" {
			errs.Add(path, key, "key "+problem)
		}
		if problem := valueProblem(set[key]); problem != "" {
			errs.Add(path+"["+key+"]", set[key], problem)
		}
	}
	return errs
}

// ValidateMeta returns everything that is wrong with what a client writes into
// the Meta at path.
//
// Name or GenerateName must be there; both, where given, must be (or begin) a
// DNS subdomain. The namespace of a namespaced object must be a DNS label, or
// empty for DefaultNamespace; other objects have none. Labels are checked as by
// ValidateSet. The keys of annotations are like those of labels, except that
// the prefix may have capitals; their values may be anything, MaxAnnotations
// bytes in all. No more than one owner may be the controller.
func ValidateMeta(m *Meta, path string, namespaced bool) FieldErrors {
	return validateMeta(m, path, namespaced, objectNames)
}

func validateMeta(m *Meta, path string, namespaced bool, names naming) FieldErrors {
	errs := names.validate(m, path)
	switch {
	case m.Namespace == "":
	case !namespaced:
		errs.Add(path+".namespace", m.Namespace, "must be empty: this kind of object has no namespace")
	default:
		if problem := labelProblem(m.Namespace); problem != "" {
			errs.Add(path+".namespace", m.Namespace, problem)
		}
	}
	errs = append(errs, ValidateSet(m.Labels, path+".labels")...)
	errs = append(errs, validateAnnotations(m.Annotations, path+".annotations")...)
	return append(errs, validateOwners(m.OwnerReferences, path+".ownerReferences")...)
}

// ValidateMetaUpdate returns what an update may not change in the Meta at path:
// the name, the namespace (empty and DefaultNamespace are the same), and the
// UID where the new one has any.
func ValidateMetaUpdate(m, old *Meta, path string) FieldErrors {
	var errs FieldErrors
	if m.Name != old.Name {
		errs.Add(path+".name", m.Name, fmt.Sprintf("must stay %q", old.Name))
	}
	if namespaceOf(m) != namespaceOf(old) {
		errs.Add(path+".namespace", m.Namespace, fmt.Sprintf("must stay %q", old.Namespace))
	}
	if m.UID != "" && m.UID != old.UID {
		errs.Add(path+".uid", m.UID, fmt.Sprintf("must stay %q: this is another object of the same name", old.UID))
	}
	return errs
}

func namespaceOf(m *Meta) string {
	if m.Namespace == "" {
		return DefaultNamespace
	}
	return m.Namespace
}

// naming is a rule for the names of one kind of object.
type naming struct {
	problem func(string) string
	longest int
}

var (
	objectNames    = naming{nameProblem, maxName}
	namespaceNames = naming{labelProblem, maxLabel}
)

// suffix is how many random characters make a name of a Meta.GenerateName.
const suffix = 5

func (r naming) validate(m *Meta, path string) FieldErrors {
	var errs FieldErrors
	if m.Name == "" && m.GenerateName == "" {
		errs.Add(path+".name", nil, "must be given, or generateName in its place")
	}
	if m.Name != "" {
		if problem := r.problem(m.Name); problem != "" {
			errs.Add(path+".name", m.Name, problem)
		}
	}
	if m.GenerateName != "" {
		if problem := r.prefixProblem(m.GenerateName); problem != "" {
			errs.Add(path+".generateName", m.GenerateName, problem)
		}
	}
	return errs
}

// prefixProblem says why no name can be made of a prefix, or "".
func (r naming) prefixProblem(prefix string) string {
	if problem := r.problem(prefix[:min(len(prefix), r.longest-suffix)] + strings.Repeat("x", suffix)); problem != "" {
		return problem
	}
	if most := r.longest - suffix; len(prefix) > most {
		return fmt.Sprintf("must have at most %d characters, not %d: %d more make the name", most, len(prefix), suffix)
	}
	return ""
}

func validateAnnotations(annotations map[string]string, path string) FieldErrors {
	var errs FieldErrors
	size := 0
	for _, key := range sortedKeys(annotations) {
		size += len(key) + len(annotations[key])
		prefix, name, found := strings.Cut(key, "/")
		checked := key
		if found {
			checked = lower(prefix) + "/" + name
		}
		if problem := keyProblem(checked); problem != "" {
			errs.Add(path, key, "key "+problem)
		}
	}
	if size > MaxAnnotations {
		errs.Add(path, nil, fmt.Sprintf("must have at most %d bytes, keys and values together, not %d", MaxAnnotations, size))
	}
	return errs
}

// lower turns the capitals of ASCII into small letters, and nothing else.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func validateOwners(owners []OwnerReference, path string) FieldErrors {
	var errs FieldErrors
	controller := ""
	for i, owner := range owners {
		switch {
		case !owner.Controller:
		case controller != "":
			errs.Add(fmt.Sprintf("%s[%d].controller", path, i), owner.Name, "cannot be a second controller: "+controller+" is one")
		default:
			controller = fmt.Sprintf("%s[%d]", path, i)
		}
	}
	return errs
}

package pod

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validatePortName returns what is wrong with the name of a port (RFC 6335:
// 1 to 15 lower-case letters, digits and single '-' between them, at least one
// letter), or nil.
func validatePortName(name string) error {
	if len(name) > 15 {
		return fmt.Errorf("must have at most 15 characters, not %d", len(name))
	}
	letters := false
	for i := range len(name) {
		c := name[i]
		letters = letters || c >= 'a' && c <= 'z'
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return errors.New("must be made of lower-case letters, digits and '-'")
		}
	}
	switch {
	case !letters:
		return errors.New("must have at least one letter")
	case name[0] == '-' || name[len(name)-1] == '-' || strings.Contains(name, "--"):
		return errors.New("must have each '-' between letters or digits")
	}
	return nil
}

// Validate returns what is wrong with the number or name of a port, or nil: it
// is 1 to 65535, or 1 to 15 lower-case letters, digits and single '-' between
// them, at least one a letter (RFC 6335).
func (v IntOrString) Validate() error {
	if v.Name != "" {
		return validatePortName(v.Name)
	}
	if v.Int < 1 || v.Int > 65535 {
		return errors.New("must be 1 to 65535")
	}
	return nil
}

// validateVariableName returns what is wrong with the name of an environment
// variable, or nil. It is any printable ASCII but '=', as Kubernetes has it.
func validateVariableName(name string) error {
	if name == "" {
		return errors.New("must be given")
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' || name[i] == '=' {
			return errors.New("must be made of printable ASCII characters other than '='")
		}
	}
	return nil
}

// Validate returns what is wrong with the name of a resource, or nil: it is
// cpu, memory, ephemeral-storage, pods, hugepages-<size>, or a name with a
// prefix such as example.com/gpu.
func (name ResourceName) Validate() error {
	switch name {
	case CPU, Memory, EphemeralStorage, Pods:
		return nil
	}
	if size, ok := strings.CutPrefix(string(name), "hugepages-"); ok {
		if _, err := ParseQuantity(size); err != nil {
			return errors.New("must be hugepages- and a size such as 2Mi")
		}
		return nil
	}
	if !name.Extended() {
		return errors.New("must be cpu, memory, ephemeral-storage or hugepages-<size>, or have a prefix such as example.com/")
	}
	return labels.ValidateKey(string(name))
}

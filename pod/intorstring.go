package pod

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// IntOrString is a port: its number, or its name where Name is set. In JSON it
// is a number or a string. The zero value is no port at all.
type IntOrString struct {
	Int  int
	Name string
}

// FromInt returns n as an IntOrString.
func FromInt(n int) IntOrString { return IntOrString{Int: n} }

// FromString returns name as an IntOrString. It stays a name, even where it consists of digits.
func FromString(name string) IntOrString { return IntOrString{Name: name} }

// IsZero reports whether neither is set.
func (v IntOrString) IsZero() bool { return v == IntOrString{} }

// String returns the name, or the number in digits.
func (v IntOrString) String() string {
	if v.Name != "" {
		return v.Name
	}
	return strconv.Itoa(v.Int)
}

// MarshalJSON writes a string where there is a name, and a number otherwise.
func (v IntOrString) MarshalJSON() ([]byte, error) {
	if v.Name != "" {
		return json.Marshal(v.Name)
	}
	return strconv.AppendInt(nil, int64(v.Int), 10), nil
}

// UnmarshalJSON reads a string or a whole number; null changes nothing.
func (v *IntOrString) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		*v = IntOrString{}
		if err := json.Unmarshal(b, &v.Name); err != nil {
			return fmt.Errorf("parse number or name: %w", err)
		}
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return fmt.Errorf("parse number or name %q: must be a string or a whole number of 32 bits", text)
	}
	*v = FromInt(int(n))
	return nil
}

// Port returns the number of the container's port that ref names or is.
func (c *Container) Port(ref IntOrString) (int, bool) {
	if ref.Name == "" {
		return ref.Int, ref.Int > 0
	}
	for i := range c.Ports {
		if c.Ports[i].Name == ref.Name {
			return c.Ports[i].ContainerPort, true
		}
	}
	return 0, false
}

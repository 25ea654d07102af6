package pod

import "time"

// Condition returns the condition of that type; nil where there is none. It points into the status.
func (s *Status) Condition(of ConditionType) *Condition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == of {
			return &s.Conditions[i]
		}
	}
	return nil
}

// Is reports whether the condition of that type is there and True.
func (s *Status) Is(of ConditionType) bool {
	c := s.Condition(of)
	return c != nil && c.Status == True
}

// SetCondition puts c into the status, in place of the one of its type, and
// reports whether anything changed. LastTransitionTime becomes now where the
// condition is new or its Status differs, and stays what it was otherwise,
// whatever c has there.
func (s *Status) SetCondition(c Condition, now time.Time) bool {
	old := s.Condition(c.Type)
	if old == nil {
		c.LastTransitionTime = now
		s.Conditions = append(s.Conditions, c)
		return true
	}
	c.LastTransitionTime = old.LastTransitionTime
	if c.Status != old.Status {
		c.LastTransitionTime = now
	}
	if c == *old {
		return false
	}
	*old = c
	return true
}

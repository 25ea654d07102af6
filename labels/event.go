package labels

import "time"

// EventType tells what is expected from what needs attention.
type EventType string

// The types of core/v1.
const (
	Normal  EventType = "Normal"
	Warning EventType = "Warning"
)

// Event is core/v1's Event: something that happened to an object, and how often.
//
// The pure packages fill in Type, Reason and Message of what they decide; the
// orchestrator adds the object, the times and the count.
type Event struct {
	Meta           `json:"metadata"`
	InvolvedObject Reference   `json:"involvedObject,omitzero"`
	Type           EventType   `json:"type,omitempty"`
	Reason         string      `json:"reason,omitempty"`
	Message        string      `json:"message,omitempty"`
	Count          int         `json:"count,omitempty"`
	FirstTimestamp time.Time   `json:"firstTimestamp,omitzero"`
	LastTimestamp  time.Time   `json:"lastTimestamp,omitzero"`
	Source         EventSource `json:"source,omitzero"`
}

// EventSource says who saw it: a part of the orchestrator, and on which node.
type EventSource struct {
	Component string `json:"component,omitempty"`
	Host      string `json:"host,omitempty"`
}

// Reference points at one object, or at a part of it.
type Reference struct {
	Kind            string `json:"kind,omitempty"`
	Namespace       string `json:"namespace,omitempty"`
	Name            string `json:"name,omitempty"`
	UID             string `json:"uid,omitempty"`
	APIVersion      string `json:"apiVersion,omitempty"`
	ResourceVersion uint64 `json:"resourceVersion,string,omitempty"`
	FieldPath       string `json:"fieldPath,omitempty"`
}

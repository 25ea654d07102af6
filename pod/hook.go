package pod

// Lifecycle is what is done in or to a container when it has started and
// before it is stopped: core/v1's hooks. Package lifecycle says when they run
// and what follows when they fail.
type Lifecycle struct {
	// PostStart runs right after the container has started, beside its program.
	PostStart *Handler `json:"postStart,omitempty"`
	// PreStop runs before the container is asked to end, within its grace.
	PreStop *Handler `json:"preStop,omitempty"`
}

// Handler is one thing to do. One of Exec, HTTPGet, TCPSocket and Sleep is set;
// the first three have succeeded where a probe would say that it is well.
type Handler struct {
	Exec      *ExecAction `json:"exec,omitempty"`
	HTTPGet   *HTTPGet    `json:"httpGet,omitempty"`
	TCPSocket *TCPSocket  `json:"tcpSocket,omitempty"`
	Sleep     *Sleep      `json:"sleep,omitempty"`
}

// Sleep does nothing for some time.
type Sleep struct {
	Seconds int64 `json:"seconds"`
}

// MessagePolicy says where the message of a container that has ended comes from.
type MessagePolicy string

// The policies of core/v1. Default: File.
const (
	// MessageFromFile is what the container wrote into its TerminationMessagePath.
	MessageFromFile MessagePolicy = "File"
	// MessageFromLogs is that too, and the end of the logs of a container that
	// has failed and wrote nothing there.
	MessageFromLogs MessagePolicy = "FallbackToLogsOnError"
)

// How much of a message is kept: its end. The figures are a kubelet's.
const (
	MaxMessageBytes    = 4096 // of the file
	MaxMessageLogBytes = 2048 // of the logs
	MaxMessageLogLines = 80   // of the logs
)

// ResourceFieldRef names what a container is promised or may use: limits.cpu,
// limits.memory, limits.ephemeral-storage, limits.hugepages-<size>, or the same
// of requests. The value is that amount divided by Divisor, rounded up.
//
// A limit that is not set is what the node has to give; a request that is not
// set is 0.
type ResourceFieldRef struct {
	ContainerName string   `json:"containerName,omitempty"` // default: the container itself
	Resource      string   `json:"resource"`
	Divisor       Quantity `json:"divisor,omitzero"` // default: 1; for cpu 1 or 1m, otherwise 1, 1k … 1E or 1Ki … 1Ei
}

package pod

import "github.com/coracle-dev/coracle/labels"

// Pod is core/v1's Pod: containers that share a node, an address and volumes,
// and live and end together.
type Pod struct {
	labels.Meta `json:"metadata"`
	Spec        Spec   `json:"spec"`
	Status      Status `json:"status,omitzero"`
}

// Template is what a controller makes pods from: core/v1's PodTemplateSpec.
type Template struct {
	labels.Meta `json:"metadata"`
	Spec        Spec `json:"spec"`
}

// Spec is what is asked for.
type Spec struct {
	// Volumes that the containers may mount by name.
	Volumes []Volume `json:"volumes,omitempty"`
	// InitContainers run to success one after the other before Containers start.
	InitContainers []Container `json:"initContainers,omitempty"`
	// Containers of the pod. Required: at least one.
	Containers []Container `json:"containers"`
	// RestartPolicy for all containers. Default: Always.
	RestartPolicy RestartPolicy `json:"restartPolicy,omitempty"`
	// TerminationGracePeriodSeconds between SIGTERM and SIGKILL. Default: 30.
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// ActiveDeadlineSeconds after its start at which the pod is Failed. Default: never.
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// NodeSelector lists labels that the node must have.
	NodeSelector labels.Set `json:"nodeSelector,omitempty"`
	// NodeName is the node the pod is bound to. Written once, by a scheduler or the client.
	NodeName string `json:"nodeName,omitempty"`
	// Tolerations of taints that nodes carry.
	Tolerations []Toleration `json:"tolerations,omitempty"`
	// Affinity to nodes and to other pods.
	Affinity *Affinity `json:"affinity,omitempty"`
	// TopologySpreadConstraints spread pods over zones and the like.
	TopologySpreadConstraints []TopologySpread `json:"topologySpreadConstraints,omitempty"`
	// Priority: of the pods that wait, those with the higher one come first, and
	// they may push out others. Default: 0.
	Priority *int32 `json:"priority,omitempty"`
	// PreemptionPolicy says whether the pod may push out others. Default: PreemptLowerPriority.
	PreemptionPolicy PreemptionPolicy `json:"preemptionPolicy,omitempty"`
	// Hostname as the containers see it, where the runtime can set it. Default: the pod's name.
	Hostname string `json:"hostname,omitempty"`
	// Subdomain is the name of the service, mostly a headless one, below which
	// DNS has the pod's hostname. Default: none.
	Subdomain string `json:"subdomain,omitempty"`
	// EnableServiceLinks gives the containers variables with the addresses of
	// the services of their namespace. Default: true.
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`
	// DNSPolicy says which name servers the containers ask. Default: ClusterFirst.
	DNSPolicy DNSPolicy `json:"dnsPolicy,omitempty"`
	// DNSConfig adds to what follows from DNSPolicy.
	DNSConfig *DNSConfig `json:"dnsConfig,omitempty"`
	// HostNetwork puts the pod on the node's own network, where the runtime
	// allows it. Its ports are then host ports.
	HostNetwork bool `json:"hostNetwork,omitempty"`
	// HostPID lets the containers see the node's processes, where the runtime allows it.
	HostPID bool `json:"hostPID,omitempty"`
	// HostIPC puts the pod into the node's IPC namespace, where the runtime allows it.
	HostIPC bool `json:"hostIPC,omitempty"`
	// ImagePullSecrets name what the images are pulled with, where the runtime
	// pulls: the first that has something for an image's registry counts.
	ImagePullSecrets []SecretName `json:"imagePullSecrets,omitempty"`
	// SecurityContext for all containers that do not say otherwise.
	SecurityContext *PodSecurityContext `json:"securityContext,omitempty"`
}

// SecretName names a secret of the pod's namespace.
type SecretName struct {
	Name string `json:"name"`
}

// RestartPolicy says what follows the end of a container.
type RestartPolicy string

// The policies of core/v1.
const (
	RestartAlways    RestartPolicy = "Always"
	RestartOnFailure RestartPolicy = "OnFailure"
	RestartNever     RestartPolicy = "Never"
)

// Container is one program of a pod.
type Container struct {
	// Name is unique among all containers of the pod. Required.
	Name string `json:"name"`
	// Image is what the runtime runs; each runtime says what it means. Required.
	Image string `json:"image"`
	// ImagePullPolicy matters to runtimes that pull. Default: Always for the
	// tag latest or none, otherwise IfNotPresent.
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`
	// Command replaces the image's entry point. $(NAME) is expanded from Env.
	Command []string `json:"command,omitempty"`
	// Args replace the image's default arguments. $(NAME) is expanded from Env.
	Args []string `json:"args,omitempty"`
	// WorkingDir in which the program starts. Default: the image's.
	WorkingDir     string          `json:"workingDir,omitempty"`
	Ports          []ContainerPort `json:"ports,omitempty"`
	Env            []EnvVar        `json:"env,omitempty"`
	Resources      Requirements    `json:"resources,omitzero"`
	VolumeMounts   []VolumeMount   `json:"volumeMounts,omitempty"`
	LivenessProbe  *Probe          `json:"livenessProbe,omitempty"`
	ReadinessProbe *Probe          `json:"readinessProbe,omitempty"`
	StartupProbe   *Probe          `json:"startupProbe,omitempty"`
	// Lifecycle has the hooks of the container. An init container has none.
	Lifecycle *Lifecycle `json:"lifecycle,omitempty"`
	// TerminationMessagePath is the file from which the message of its end is
	// read. Default: /dev/termination-log. Each runtime says how the container finds it.
	TerminationMessagePath string `json:"terminationMessagePath,omitempty"`
	// TerminationMessagePolicy says where else it may come from. Default: File.
	TerminationMessagePolicy MessagePolicy `json:"terminationMessagePolicy,omitempty"`
	// Stdin keeps the standard input open for those who attach. Without it, it is empty.
	Stdin bool `json:"stdin,omitempty"`
	// StdinOnce ends the standard input when the first who attached to it leaves.
	StdinOnce bool `json:"stdinOnce,omitempty"`
	// TTY gives the container a terminal. It needs Stdin to be written to.
	TTY bool `json:"tty,omitempty"`
	// SecurityContext says as whom it runs and with which rights: see [Security].
	SecurityContext *SecurityContext `json:"securityContext,omitempty"`
}

// PullPolicy says when a runtime fetches an image.
type PullPolicy string

// The policies of core/v1.
const (
	PullAlways       PullPolicy = "Always"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullNever        PullPolicy = "Never"
)

// ContainerPort is a port that a container listens on.
type ContainerPort struct {
	Name          string   `json:"name,omitempty"` // for services and probes
	ContainerPort int      `json:"containerPort"`
	HostPort      int      `json:"hostPort,omitempty"` // at most one pod of a node has it
	HostIP        string   `json:"hostIP,omitempty"`
	Protocol      Protocol `json:"protocol,omitempty"` // default: TCP
}

// Protocol of a port.
type Protocol string

// The protocols that are carried.
const (
	TCP Protocol = "TCP"
	UDP Protocol = "UDP"
)

// EnvVar is one variable of a container's environment. $(NAME) in Value is
// expanded from the variables before it; $$(NAME) stays $(NAME).
type EnvVar struct {
	Name      string     `json:"name"`
	Value     string     `json:"value,omitempty"`
	ValueFrom *EnvSource `json:"valueFrom,omitempty"`
}

// EnvSource takes a variable's value from the pod itself. One of its fields is set.
type EnvSource struct {
	FieldRef         *FieldRef         `json:"fieldRef,omitempty"`
	ResourceFieldRef *ResourceFieldRef `json:"resourceFieldRef,omitempty"`
}

// FieldRef names a field of the pod: metadata.name, metadata.namespace,
// metadata.uid, metadata.labels['k'], metadata.annotations['k'],
// spec.nodeName, status.hostIP or status.podIP.
type FieldRef struct {
	APIVersion string `json:"apiVersion,omitempty"`
	FieldPath  string `json:"fieldPath"`
}

// Requirements are what a container is promised and what it may not exceed.
type Requirements struct {
	Limits   Resources `json:"limits,omitempty"`
	Requests Resources `json:"requests,omitempty"` // default: the limits
}

// Resources are amounts by name: core/v1's ResourceList.
type Resources map[ResourceName]Quantity

// ResourceName is cpu, memory, …, or a name with a prefix for anything else.
type ResourceName string

// The resources that every node has.
const (
	CPU              ResourceName = "cpu"    // cores
	Memory           ResourceName = "memory" // bytes
	EphemeralStorage ResourceName = "ephemeral-storage"
	Pods             ResourceName = "pods" // of a node: how many it takes
)

// VolumeMount puts a volume of the pod into a container.
type VolumeMount struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
	SubPath   string `json:"subPath,omitempty"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// Probe asks a container how it is. One of Exec, HTTPGet and TCPSocket is set.
type Probe struct {
	Exec                          *ExecAction `json:"exec,omitempty"`
	HTTPGet                       *HTTPGet    `json:"httpGet,omitempty"`
	TCPSocket                     *TCPSocket  `json:"tcpSocket,omitempty"`
	InitialDelaySeconds           int64       `json:"initialDelaySeconds,omitempty"`
	TimeoutSeconds                int64       `json:"timeoutSeconds,omitempty"`   // default: 1
	PeriodSeconds                 int64       `json:"periodSeconds,omitempty"`    // default: 10
	SuccessThreshold              int         `json:"successThreshold,omitempty"` // default: 1
	FailureThreshold              int         `json:"failureThreshold,omitempty"` // default: 3
	TerminationGracePeriodSeconds *int64      `json:"terminationGracePeriodSeconds,omitempty"`
}

// ExecAction runs a command in the container; it is well where that exits with 0.
type ExecAction struct {
	Command []string `json:"command"`
}

// HTTPGet asks the pod for a page; it is well where the status is 200 to 399.
type HTTPGet struct {
	Path    string       `json:"path,omitempty"` // default: /
	Port    IntOrString  `json:"port"`
	Host    string       `json:"host,omitempty"`   // default: the pod's address
	Scheme  string       `json:"scheme,omitempty"` // HTTP (default) or HTTPS
	Headers []HTTPHeader `json:"httpHeaders,omitempty"`
}

// HTTPHeader is one header of a probe's request.
type HTTPHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// TCPSocket opens a connection; it is well where that succeeds.
type TCPSocket struct {
	Port IntOrString `json:"port"`
	Host string      `json:"host,omitempty"`
}

// Toleration lets a pod onto nodes with a matching taint.
type Toleration struct {
	Key               string             `json:"key,omitempty"` // empty with Exists: every taint
	Operator          TolerationOperator `json:"operator,omitempty"`
	Value             string             `json:"value,omitempty"`
	Effect            TaintEffect        `json:"effect,omitempty"` // empty: every effect
	TolerationSeconds *int64             `json:"tolerationSeconds,omitempty"`
}

// TolerationOperator compares a toleration with a taint.
type TolerationOperator string

// The operators of core/v1. Default: Equal.
const (
	TolerationEqual  TolerationOperator = "Equal"
	TolerationExists TolerationOperator = "Exists"
)

// TaintEffect is what a taint does to pods that do not tolerate it.
type TaintEffect string

// The effects of core/v1.
const (
	NoSchedule       TaintEffect = "NoSchedule"
	PreferNoSchedule TaintEffect = "PreferNoSchedule"
	NoExecute        TaintEffect = "NoExecute"
)

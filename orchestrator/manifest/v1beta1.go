package manifest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// The types of v1beta1 as Kubernetes 0.4 to 0.17 wrote them (autumn 2014 to
// spring 2015). They are read, and converted at once; nothing else sees them.

// oldMeta is what every object of v1beta1 says of itself, at its top level.
type oldMeta struct {
	ID                string            `json:"id"`
	UID               string            `json:"uid"`
	CreationTimestamp time.Time         `json:"creationTimestamp"`
	DeletionTimestamp time.Time         `json:"deletionTimestamp"`
	SelfLink          string            `json:"selfLink"`
	ResourceVersion   uint64            `json:"resourceVersion"`
	Namespace         string            `json:"namespace"`
	GenerateName      string            `json:"generateName"`
	Labels            labels.Set        `json:"labels"`
	Annotations       map[string]string `json:"annotations"`
}

// oldPod is a pod, whose state is wanted and seen.
type oldPod struct {
	oldMeta      `json:",inline"`
	DesiredState oldState   `json:"desiredState"`
	CurrentState oldSeen    `json:"currentState"`
	NodeSelector labels.Set `json:"nodeSelector"`
}

// oldState is what is wanted of a pod.
type oldState struct {
	Manifest oldManifest `json:"manifest"`
	Host     string      `json:"host"`
}

// oldSeen is what was seen of a pod.
type oldSeen struct {
	Status  string `json:"status"`
	HostIP  string `json:"hostIP"`
	PodIP   string `json:"podIP"`
	Message string `json:"message"`
}

// oldManifest lists containers and volumes. Its id was never more than a copy of
// the pod's, and counts only where the pod has none.
type oldManifest struct {
	Version                       string           `json:"version"`
	ID                            string           `json:"id"`
	Volumes                       []oldVolume      `json:"volumes"`
	Containers                    []oldContainer   `json:"containers"`
	RestartPolicy                 oldRestartPolicy `json:"restartPolicy"`
	TerminationGracePeriodSeconds *int64           `json:"terminationGracePeriodSeconds"`
	ActiveDeadlineSeconds         *int64           `json:"activeDeadlineSeconds"`
	DNSPolicy                     pod.DNSPolicy    `json:"dnsPolicy"`
	HostNetwork                   bool             `json:"hostNetwork"`
}

// oldRestartPolicy has the policy for its one key: {always: {}}.
type oldRestartPolicy struct {
	Always    *struct{} `json:"always"`
	OnFailure *struct{} `json:"onFailure"`
	Never     *struct{} `json:"never"`
}

type oldVolume struct {
	Name   string          `json:"name"`
	Source oldVolumeSource `json:"source"`
}

type oldVolumeSource struct {
	HostDir              *oldHostDir               `json:"hostDir"`
	EmptyDir             *oldEmpty                 `json:"emptyDir"`
	GitRepo              *pod.GitRepo              `json:"gitRepo"`
	PersistentDisk       *pod.GCEPersistentDisk    `json:"persistentDisk"`
	AWSElasticBlockStore *pod.AWSElasticBlockStore `json:"awsElasticBlockStore"`
}

type oldHostDir struct {
	Path string `json:"path"`
}

type oldEmpty struct {
	Medium string `json:"medium"`
}

// oldContainer is a container. Its command is today's args, and its entrypoint
// today's command.
type oldContainer struct {
	Name            string           `json:"name"`
	Image           string           `json:"image"`
	Entrypoint      []string         `json:"entrypoint"`
	Command         []string         `json:"command"`
	WorkingDir      string           `json:"workingDir"`
	Ports           []oldPort        `json:"ports"`
	Env             []oldEnv         `json:"env"`
	CPU             int64            `json:"cpu"`    // thousandths of a core
	Memory          int64            `json:"memory"` // bytes
	Resources       oldRequirements  `json:"resources"`
	VolumeMounts    []oldMount       `json:"volumeMounts"`
	LivenessProbe   *oldProbe        `json:"livenessProbe"`
	ReadinessProbe  *oldProbe        `json:"readinessProbe"`
	Lifecycle       *oldLifecycle    `json:"lifecycle"`
	MessagePath     string           `json:"terminationMessagePath"`
	ImagePullPolicy string           `json:"imagePullPolicy"`
	Privileged      bool             `json:"privileged"`
	Capabilities    pod.Capabilities `json:"capabilities"`
}

// oldLifecycle has the hooks of a container.
type oldLifecycle struct {
	PostStart *oldHandler `json:"postStart"`
	PreStop   *oldHandler `json:"preStop"`
}

// oldHandler is one thing to do.
type oldHandler struct {
	Exec    *pod.ExecAction `json:"exec"`
	HTTPGet *oldHTTPGet     `json:"httpGet"`
}

type oldPort struct {
	Name          string       `json:"name"`
	HostPort      int          `json:"hostPort"`
	ContainerPort int          `json:"containerPort"`
	Protocol      pod.Protocol `json:"protocol"`
	HostIP        string       `json:"hostIP"`
}

// oldEnv is a variable; key is what name was called at first.
type oldEnv struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

// oldMount mounts a volume; path is what mountPath was called at first.
type oldMount struct {
	Name      string `json:"name"`
	ReadOnly  bool   `json:"readOnly"`
	MountPath string `json:"mountPath"`
	Path      string `json:"path"`
	MountType string `json:"mountType"`
}

// oldProbe asks a container how it is. Its type names the field that says how.
type oldProbe struct {
	Type                string          `json:"type"`
	HTTPGet             *oldHTTPGet     `json:"httpGet"`
	TCPSocket           *oldTCPSocket   `json:"tcpSocket"`
	Exec                *pod.ExecAction `json:"exec"`
	InitialDelaySeconds int64           `json:"initialDelaySeconds"`
	TimeoutSeconds      int64           `json:"timeoutSeconds"`
}

type oldHTTPGet struct {
	Path string   `json:"path"`
	Port portOrID `json:"port"`
	Host string   `json:"host"`
}

type oldTCPSocket struct {
	Port portOrID `json:"port"`
}

type oldRequirements struct {
	Limits   oldResources `json:"limits"`
	Requests oldResources `json:"requests"`
}

// oldResources are amounts by name.
type oldResources map[pod.ResourceName]amount

// oldController is a replication controller.
type oldController struct {
	oldMeta      `json:",inline"`
	DesiredState oldControllerState `json:"desiredState"`
	CurrentState oldControllerSeen  `json:"currentState"`
}

// oldControllerState is what is wanted of a controller. Replicas that are not
// there were zero.
type oldControllerState struct {
	Replicas        int          `json:"replicas"`
	ReplicaSelector labels.Set   `json:"replicaSelector"`
	PodTemplate     *oldTemplate `json:"podTemplate"`
}

type oldControllerSeen struct {
	Replicas int `json:"replicas"`
}

type oldTemplate struct {
	DesiredState oldState          `json:"desiredState"`
	NodeSelector labels.Set        `json:"nodeSelector"`
	Labels       labels.Set        `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
}

// oldService is a service of one port, or of the list of ports that came later.
type oldService struct {
	oldMeta                    `json:",inline"`
	Port                       int              `json:"port"`
	PortName                   string           `json:"portName"`
	Protocol                   pod.Protocol     `json:"protocol"`
	ContainerPort              portOrID         `json:"containerPort"`
	Ports                      []oldServicePort `json:"ports"`
	Selector                   labels.Set       `json:"selector"`
	CreateExternalLoadBalancer bool             `json:"createExternalLoadBalancer"`
	Type                       string           `json:"type"`
	PublicIPs                  []string         `json:"publicIPs"`
	PortalIP                   string           `json:"portalIP"`
	SessionAffinity            string           `json:"sessionAffinity"`
}

type oldServicePort struct {
	Name          string       `json:"name"`
	Protocol      pod.Protocol `json:"protocol"`
	Port          int          `json:"port"`
	ContainerPort portOrID     `json:"containerPort"`
	NodePort      int          `json:"nodePort"`
}

// oldEndpoints are pairs of address and port, or the subsets that came later.
type oldEndpoints struct {
	oldMeta   `json:",inline"`
	Protocol  pod.Protocol `json:"protocol"`
	Endpoints []addrPort   `json:"endpoints"`
	Subsets   []oldSubset  `json:"subsets"`
}

type oldSubset struct {
	Addresses []oldAddress `json:"addresses"`
	Ports     []oldEndPort `json:"ports"`
}

type oldAddress struct {
	IP        string            `json:"IP"`
	TargetRef *labels.Reference `json:"targetRef"`
}

type oldEndPort struct {
	Name     string       `json:"name"`
	Port     int          `json:"port"`
	Protocol pod.Protocol `json:"protocol"`
}

// oldNode is a minion.
type oldNode struct {
	oldMeta   `json:",inline"`
	HostIP    string `json:"hostIP"`
	Resources struct {
		Capacity oldResources `json:"capacity"`
	} `json:"resources"`
	PodCIDR       string        `json:"podCIDR"`
	Unschedulable bool          `json:"unschedulable"`
	Status        oldNodeStatus `json:"status"`
}

type oldNodeStatus struct {
	Phase     node.Phase     `json:"phase"`
	Addresses []node.Address `json:"addresses"`
}

type oldNamespace struct {
	oldMeta `json:",inline"`
	Spec    labels.NamespaceSpec   `json:"spec"`
	Status  labels.NamespaceStatus `json:"status"`
}

// portOrID is a port's number or name. A number in quotes was a number, too.
type portOrID struct{ pod.IntOrString }

// UnmarshalJSON reads 80, "80" and "http".
func (p *portOrID) UnmarshalJSON(data []byte) error {
	if text, err := strconv.Unquote(string(data)); err == nil && decimal.MatchString(text) {
		data = []byte(text)
	}
	return p.IntOrString.UnmarshalJSON(data)
}

// amount is a plain number, whose unit depends on the resource, or a quantity in
// quotes.
type amount struct {
	text   string
	number bool
}

// UnmarshalJSON reads 1000 and "1".
func (a *amount) UnmarshalJSON(data []byte) error {
	text, err := strconv.Unquote(string(data))
	if err != nil {
		text = string(data)
	}
	*a = amount{text: text, number: err != nil}
	if _, err := a.quantity(""); err != nil {
		return err
	}
	return nil
}

// quantity converts the amount: cpu in thousandths of a core, everything else in
// its own unit.
func (a amount) quantity(name pod.ResourceName) (pod.Quantity, error) {
	text := a.text
	if a.number && name == pod.CPU {
		text += "m"
	}
	return pod.ParseQuantity(text)
}

// addrPort is an address and a port: 10.10.1.1:1909.
type addrPort struct {
	addr string
	port int
}

// UnmarshalText reads 10.10.1.1:1909 and [fd00::1]:1909.
func (a *addrPort) UnmarshalText(text []byte) error {
	parsed, err := netip.ParseAddrPort(string(text))
	if err != nil || parsed.Port() == 0 || strings.Contains(parsed.Addr().String(), "%") {
		return fmt.Errorf("must be an IP address and a port, as in 10.10.1.1:1909")
	}
	*a = addrPort{parsed.Addr().String(), int(parsed.Port())}
	return nil
}

package manifest

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// rule says what a field may hold that the API has and Coracle has not. Null
// and what is empty ({}, [], "", 0, false) ask for nothing and are accepted
// unless the rule lists values.
type rule struct {
	only    []string // accepted: the field's default, on its own or as the one item of a list
	like    string   // accepted: a list of what this field beside it holds
	ignored bool     // accepted: everything; it says what a cluster saw, not what somebody wants
}

var (
	never  = rule{}
	report = rule{ignored: true}
)

func only(values ...string) rule { return rule{only: values} }
func like(field string) rule     { return rule{like: field} }

// foreign lists the fields that kubectl writes, or that core/v1 and v1beta1
// have, and that the types of Coracle have not.
//
// A field that is in neither is unknown. Nothing that somebody asked for is ever
// dropped without a word.
var foreign = map[reflect.Type]map[string]rule{
	reflect.TypeFor[labels.Meta](): {
		"managedFields": report, "selfLink": report, "finalizers": never, "clusterName": never,
	},
	reflect.TypeFor[labels.NamespaceStatus](): {"conditions": report},

	reflect.TypeFor[pod.Spec](): {
		"schedulerName":                only("default-scheduler"),
		"serviceAccountName":           only("default", ""),
		"serviceAccount":               only("default", ""),
		"automountServiceAccountToken": only("true", "false"), // there is no token to mount
		"hostUsers":                    only("true"),
		"ephemeralContainers":          never,
		"hostAliases":                  never,
		"os":                           never, "overhead": never, "priorityClassName": never, "readinessGates": never,
		"resourceClaims": never, "resources": never, "runtimeClassName": never, "schedulingGates": never,
		"setHostnameAsFQDN": never, "shareProcessNamespace": never,
		"hostnameOverride": never, "workloadRef": never,
	},
	reflect.TypeFor[pod.Container](): {
		"envFrom": never, "resizePolicy": never,
		"restartPolicy": never, "restartPolicyRules": never, "volumeDevices": never,
	},
	reflect.TypeFor[pod.Lifecycle](): nevers("stopSignal"),
	reflect.TypeFor[pod.PodSecurityContext](): {
		"fsGroup": never, "fsGroupChangePolicy": only("Always"), "seLinuxOptions": never, "seLinuxChangePolicy": never,
		"seccompProfile": never, "supplementalGroupsPolicy": only("Merge"), "appArmorProfile": never, "sysctls": never,
		"windowsOptions": never,
	},
	reflect.TypeFor[pod.SecurityContext](): {
		"seLinuxOptions": never, "seccompProfile": never, "appArmorProfile": never, "procMount": only("Default"),
		"windowsOptions": never,
	},
	reflect.TypeFor[pod.EnvSource]():    nevers("configMapKeyRef secretKeyRef fileKeyRef"),
	reflect.TypeFor[pod.Requirements](): nevers("claims"),
	reflect.TypeFor[pod.Probe]():        nevers("grpc"),
	reflect.TypeFor[pod.VolumeMount](): {
		"mountPropagation": only("None"), "recursiveReadOnly": only("Disabled"), "subPathExpr": never,
	},
	reflect.TypeFor[pod.Volume](): nevers(`azureDisk azureFile cephfs cinder csi downwardAPI ephemeral fc flocker
		glusterfs image iscsi nfs persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte
		rbd scaleIO storageos vsphereVolume`),
	reflect.TypeFor[pod.FlexVolume](): nevers("secretRef"),
	reflect.TypeFor[pod.Status](): reports(`qosClass hostIPs ephemeralContainerStatuses 
		observedGeneration resize resourceClaimStatuses extendedResourceClaimStatus allocatedResources resources`),
	reflect.TypeFor[pod.PodTerm](): nevers("namespaceSelector matchLabelKeys mismatchLabelKeys"),
	reflect.TypeFor[pod.TopologySpread](): {
		"minDomains": only("1"), "nodeAffinityPolicy": only("Honor"), "nodeTaintsPolicy": only("Ignore"), "matchLabelKeys": never,
	},
	reflect.TypeFor[pod.Condition](): reports("observedGeneration"),
	reflect.TypeFor[pod.ContainerStatus](): reports(`allocatedResources allocatedResourcesStatus resources
		volumeMounts user stopSignal`),

	reflect.TypeFor[replication.Status](): reports("conditions"),

	reflect.TypeFor[service.Spec](): {
		"clusterIPs":                    like("clusterIP"),
		"ipFamilies":                    only("IPv4", "IPv6"),
		"ipFamilyPolicy":                only("SingleStack"),
		"internalTrafficPolicy":         only("Cluster"),
		"externalTrafficPolicy":         only("Cluster"),
		"allocateLoadBalancerNodePorts": only("true"),
		"healthCheckNodePort":           never, "loadBalancerClass": never, "trafficDistribution": never,
		"topologyKeys": never, "ipFamily": never,
	},
	reflect.TypeFor[service.Port]():         nevers("appProtocol"),
	reflect.TypeFor[service.EndpointPort](): nevers("appProtocol"),
	reflect.TypeFor[service.Status]():       reports("conditions"),
	reflect.TypeFor[service.Ingress]():      reports("ipMode ports"),

	reflect.TypeFor[node.Spec](): {"podCIDRs": like("podCIDR"), "externalID": never, "configSource": never},
	reflect.TypeFor[node.Status](): reports(`nodeInfo images daemonEndpoints volumesInUse volumesAttached config
		runtimeHandlers features declaredFeatures`),

	// v1beta1
	reflect.TypeFor[oldPod]():            {"serviceAccount": only("default", "")},
	reflect.TypeFor[oldTemplate]():       {"serviceAccount": only("default", ""), "id": never},
	reflect.TypeFor[oldState]():          nevers("status info podIP hostIP message Condition"),
	reflect.TypeFor[oldSeen]():           reports("manifest info host Condition"),
	reflect.TypeFor[oldControllerSeen](): reports("replicaSelector podTemplate"),
	reflect.TypeFor[oldManifest](): {
		"uuid": report, "imagePullSecrets": never,
	},
	reflect.TypeFor[oldContainer](): {
		"securityContext": never,
	},
	reflect.TypeFor[oldEnv]():          nevers("valueFrom"),
	reflect.TypeFor[oldVolumeSource](): nevers("secret nfs iscsi glusterfs persistentVolumeClaim rbd"),
	reflect.TypeFor[oldService](): {
		"proxyPort": report, "loadBalancerStatus": report, // both were the server's to write
	},
	reflect.TypeFor[oldEndpoints]():  nevers("targetRefs"),
	reflect.TypeFor[oldNode]():       nevers("externalID"),
	reflect.TypeFor[oldNodeStatus](): reports("conditions nodeInfo"),
}

func nevers(names string) map[string]rule  { return each(names, never) }
func reports(names string) map[string]rule { return each(names, report) }

func each(names string, r rule) map[string]rule {
	m := map[string]rule{}
	for _, name := range strings.Fields(names) {
		m[name] = r
	}
	return m
}

// judge says what is wrong with a value, or nothing. The value is beside the
// others of the mapping n.
func (r rule) judge(n, value *yaml.Node) string {
	switch {
	case r.ignored || isNull(value):
		return ""
	case r.like != "":
		if beside := lookup(n, r.like); beside != nil && isOne(value, beside.Value) || empty(value) {
			return ""
		}
		return "unsupported: Coracle has one, which must be that of " + r.like
	case r.only != nil:
		if slices.ContainsFunc(r.only, func(v string) bool { return isOne(value, v) }) {
			return ""
		}
		return "unsupported: Coracle has only " + strings.Join(slices.DeleteFunc(slices.Clone(r.only), isEmptyText), " and ")
	case empty(value):
		return ""
	}
	return "unsupported: Coracle has nothing that acts on this field"
}

func isEmptyText(s string) bool { return s == "" }

// isOne reports whether a node is the scalar text, or a list of just that.
func isOne(n *yaml.Node, text string) bool {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 1 {
		n = target(n.Content[0])
	}
	return n.Kind == yaml.ScalarNode && n.Value == text
}

// empty reports whether a node asks for nothing.
func empty(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return len(n.Content) == 0
	}
	return n.Value == "" || n.Value == "0" || n.Value == "false"
}

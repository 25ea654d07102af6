package kube

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

func node(n workload.Node) *corev1.Node {
	has := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(n.Cores, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(n.Memory, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(workload.MaxPods, resource.DecimalSI),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: n.Name, UID: types.UID(n.Name), ResourceVersion: firstRevision,
			Labels: map[string]string{corev1.LabelHostname: n.Name},
		},
		Status: corev1.NodeStatus{
			Capacity: has, Allocatable: has,
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}
}

func pod(w workload.Pod) *corev1.Pod {
	name, shape, yes := workload.OwnerName(w.Owner), w.Shape(), true
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: w.Name, Namespace: metav1.NamespaceDefault, UID: types.UID(w.Name), ResourceVersion: firstRevision,
			Labels: map[string]string{"app": name},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "ReplicationController", Name: name, UID: types.UID(name), Controller: &yes,
			}},
		},
		Spec: corev1.PodSpec{
			NodeName:      w.Node,
			SchedulerName: corev1.DefaultSchedulerName,
			RestartPolicy: corev1.RestartPolicyAlways,
			Containers: []corev1.Container{{
				Name: "main", Image: "main",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU:    *resource.NewMilliQuantity(shape.MilliCPU, resource.DecimalSI),
					corev1.ResourceMemory: *resource.NewQuantity(shape.Memory, resource.BinarySI),
				}},
			}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}
}

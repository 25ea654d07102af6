package pod_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// web is a pod that asks for no more than it must.
func web() *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{Name: "web"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "server", Image: "nginx:1.25"}}},
	}
}

func ExamplePod_Default() {
	p := web()
	p.Default()
	fmt.Println(p.Namespace, p.Spec.RestartPolicy, *p.Spec.TerminationGracePeriodSeconds, p.Spec.Containers[0].ImagePullPolicy, p.Status.Phase)
	// Output: default Always 30 IfNotPresent Pending
}

func ExampleDefaultSpec() {
	s := pod.Spec{Containers: []pod.Container{{Name: "server", Image: "nginx", Ports: []pod.ContainerPort{{ContainerPort: 80}}}}}
	pod.DefaultSpec(&s)
	fmt.Println(s.RestartPolicy, s.Containers[0].ImagePullPolicy, s.Containers[0].Ports[0].Protocol)
	// Output: Always Always TCP
}

func ExamplePod_Validate() {
	p := web()
	p.Spec.RestartPolicy = "Sometimes"
	p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: "server", Ports: []pod.ContainerPort{{ContainerPort: 70000}}})
	var errs labels.FieldErrors
	if errors.As(p.Validate(), &errs) {
		for _, err := range errs {
			fmt.Println(err)
		}
	}
	// Output:
	// spec.containers[1].name: "server": must be unique: spec.containers[0].name has it
	// spec.containers[1].image: must be given
	// spec.containers[1].ports[0].containerPort: "70000": must be 1 to 65535
	// spec.restartPolicy: "Sometimes": must be Always, OnFailure or Never
}

func ExampleValidateTemplate() {
	t := &pod.Template{Spec: pod.Spec{Containers: []pod.Container{{Name: "server"}}}}
	fmt.Println(pod.ValidateTemplate(t, "spec.template"))
	// Output: spec.template.spec.containers[0].image: must be given
}

func ExampleValidateSpec() {
	fmt.Println(pod.ValidateSpec(&pod.Spec{}, "desiredState.manifest"))
	// Output: desiredState.manifest.containers: must have at least one container
}

func ExamplePod_ValidateUpdate() {
	old := web()
	p := old.Copy()
	p.Spec.Containers[0].Image = "nginx:1.26"
	fmt.Println(p.ValidateUpdate(old))
	p.Spec.Containers[0].Args = []string{"-g"}
	fmt.Println(p.ValidateUpdate(old))
	// Output:
	// <nil>
	// spec.containers[0].args: cannot be changed: delete the pod and create another
}

func ExampleStatus_ValidateUpdate() {
	old := pod.Status{Phase: pod.Succeeded}
	s := pod.Status{Phase: pod.Running}
	fmt.Println(s.ValidateUpdate(&old))
	// Output: status.phase: "Running": must stay Succeeded, which is final
}

func ExamplePod_Copy() {
	stored := web()
	p := stored.Copy()
	p.Spec.Containers[0].Image = "nginx:1.26"
	fmt.Println(stored.Spec.Containers[0].Image)
	// Output: nginx:1.25
}

func ExampleSpec_Copy() {
	p := web()
	s := p.Spec.Copy()
	s.Containers[0].Name = "other"
	fmt.Println(p.Spec.Containers[0].Name)
	// Output: server
}

func ExampleStatus_Copy() {
	old := pod.Status{ContainerStatuses: []pod.ContainerStatus{{Name: "server"}}}
	s := old.Copy()
	s.Container("server").RestartCount++
	fmt.Println(old.Container("server").RestartCount, s.Container("server").RestartCount)
	// Output: 0 1
}

func ExampleContainer_Copy() {
	c := pod.Container{Args: []string{"-g"}}
	own := c.Copy()
	own.Args[0] = "-h"
	fmt.Println(c.Args)
	// Output: [-g]
}

func ExampleContainerState_Copy() {
	s := pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1}}
	own := s.Copy()
	own.Terminated.ExitCode = 2
	fmt.Println(s.Terminated.ExitCode)
	// Output: 1
}

func ExampleTemplate_Copy() {
	t := &pod.Template{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}}
	own := t.Copy()
	own.Labels["app"] = "api"
	fmt.Println(t.Labels)
	// Output: app=web
}

func ExampleTemplate_Default() {
	t := &pod.Template{Spec: web().Spec}
	t.Default()
	fmt.Println(t.Spec.RestartPolicy)
	// Output: Always
}

func ExamplePod_Container() {
	p := web()
	fmt.Println(p.Container("server").Image, p.Container("other") == nil)
	// Output: nginx:1.25 true
}

func ExampleStatus_Container() {
	s := pod.Status{ContainerStatuses: []pod.ContainerStatus{{Name: "server", RestartCount: 2}}}
	fmt.Println(s.Container("server").RestartCount, s.Container("other") == nil)
	// Output: 2 true
}

func ExampleContainer_Port() {
	c := pod.Container{Ports: []pod.ContainerPort{{Name: "http", ContainerPort: 8080}}}
	port, ok := c.Port(pod.FromString("http"))
	fmt.Println(port, ok)
	// Output: 8080 true
}

func ExamplePhase_Terminal() {
	fmt.Println(pod.Running.Terminal(), pod.Failed.Terminal())
	// Output: false true
}

func ExampleStatus_SetCondition() {
	now := time.Date(2015, 7, 21, 12, 0, 0, 0, time.UTC)
	var s pod.Status
	fmt.Println(s.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, now))
	fmt.Println(s.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, now.Add(time.Minute)))
	fmt.Println(s.Condition(pod.Ready).LastTransitionTime.Format(time.TimeOnly))
	// Output:
	// true
	// false
	// 12:00:00
}

func ExampleStatus_Condition() {
	s := pod.Status{Conditions: []pod.Condition{{Type: pod.Ready, Status: pod.False, Reason: "Probing"}}}
	fmt.Println(s.Condition(pod.Ready).Reason, s.Condition(pod.Initialized) == nil)
	// Output: Probing true
}

func ExampleStatus_Is() {
	s := pod.Status{Conditions: []pod.Condition{{Type: pod.Ready, Status: pod.True}}}
	fmt.Println(s.Is(pod.Ready), s.Is(pod.Initialized))
	// Output: true false
}

func ExamplePod_RestartTuning() {
	p := web()
	p.Annotations = map[string]string{pod.BackOffBaseAnnotation: "500ms", pod.BackOffCapAnnotation: "soon"}
	tuning, err := p.RestartTuning()
	fmt.Println(tuning == (pod.Tuning{Base: 500 * time.Millisecond})) // the rest is the cluster's
	fmt.Println(err)
	// Output:
	// true
	// metadata.annotations[coracle.dev/restart-backoff-cap]: "soon": must be a duration above 0 such as 500ms, 10s or 5m
}

package pod

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// Validate returns everything that is wrong with the pod as labels.FieldErrors
// in the order of its fields, each with its path and value, or nil.
//
// It takes a pod before [Pod.Default] as well as after: what may be left out is not an error.
func (p *Pod) Validate() error {
	errs := labels.ValidateMeta(&p.Meta, "metadata", true)
	errs = append(errs, validateTuning(p.Annotations, "metadata.annotations")...)
	errs = append(errs, ValidateSpec(&p.Spec, "spec")...)
	oneOf(&errs, "status.phase", p.Status.Phase, Pending, Running, Succeeded, Failed)
	return errs.Err()
}

// ValidateTemplate returns everything that is wrong with a template at path,
// such as spec.template. A template needs no name.
func ValidateTemplate(t *Template, path string) labels.FieldErrors {
	var errs labels.FieldErrors
	if t == nil {
		errs.Add(path, nil, "must be given")
		return errs
	}
	meta := t.Meta
	if meta.Name == "" && meta.GenerateName == "" {
		meta.Name = "template"
	}
	errs = append(errs, labels.ValidateMeta(&meta, path+".metadata", true)...)
	errs = append(errs, validateTuning(t.Annotations, path+".metadata.annotations")...)
	return append(errs, ValidateSpec(&t.Spec, path+".spec")...)
}

// validateTuning checks the annotations that tune restarts.
func validateTuning(annotations map[string]string, path string) labels.FieldErrors {
	_, errs := restartTuning(annotations, path)
	return errs
}

// ValidateSpec returns everything that is wrong with a specification at path, such as spec.
func ValidateSpec(s *Spec, path string) labels.FieldErrors {
	var errs labels.FieldErrors
	volumes := validateVolumes(&errs, s.Volumes, path+".volumes")
	validateContainers(&errs, s, path, volumes)
	oneOf(&errs, path+".restartPolicy", s.RestartPolicy, RestartAlways, RestartOnFailure, RestartNever)
	seconds(&errs, path+".terminationGracePeriodSeconds", s.TerminationGracePeriodSeconds, 0)
	seconds(&errs, path+".activeDeadlineSeconds", s.ActiveDeadlineSeconds, 1)
	errs = append(errs, labels.ValidateSet(s.NodeSelector, path+".nodeSelector")...)
	if s.NodeName != "" {
		check(&errs, path+".nodeName", s.NodeName, labels.ValidateName(s.NodeName))
	}
	for i, secret := range s.ImagePullSecrets {
		if secret.Name == "" {
			errs.Add(at(path+".imagePullSecrets", i)+".name", nil, "must be given")
		}
	}
	for i := range s.Tolerations {
		validateToleration(&errs, &s.Tolerations[i], at(path+".tolerations", i))
	}
	validateAffinity(&errs, s.Affinity, path+".affinity")
	for i := range s.TopologySpreadConstraints {
		validateSpread(&errs, &s.TopologySpreadConstraints[i], at(path+".topologySpreadConstraints", i))
	}
	if s.Priority != nil && *s.Priority > maxPriority {
		errs.Add(path+".priority", *s.Priority, "must be at most 1000000000")
	}
	oneOf(&errs, path+".preemptionPolicy", s.PreemptionPolicy, PreemptLowerPriority, PreemptNever)
	if s.Hostname != "" {
		check(&errs, path+".hostname", s.Hostname, labels.ValidateLabel(s.Hostname))
	}
	if s.Subdomain != "" {
		check(&errs, path+".subdomain", s.Subdomain, labels.ValidateLabel(s.Subdomain))
	}
	validateDNS(&errs, s, path)
	validateHostNetwork(&errs, s, path)
	validatePodSecurity(&errs, s.SecurityContext, path+".securityContext")
	return errs
}

// maxPriority is core/v1's: what is above is for the system (HighestUserDefinablePriority).
const maxPriority = 1_000_000_000

// validateToleration checks one toleration at path.
func validateToleration(errs *labels.FieldErrors, t *Toleration, path string) {
	if t.Key != "" {
		check(errs, path+".key", t.Key, labels.ValidateKey(t.Key))
	} else if t.Operator != TolerationExists {
		errs.Add(path+".operator", text(t.Operator), "must be Exists where there is no key")
	}
	oneOf(errs, path+".operator", t.Operator, TolerationEqual, TolerationExists)
	if t.Operator == TolerationExists && t.Value != "" {
		errs.Add(path+".value", t.Value, "must be empty where the operator is Exists")
	} else {
		check(errs, path+".value", t.Value, labels.ValidateValue(t.Value))
	}
	oneOf(errs, path+".effect", t.Effect, NoSchedule, PreferNoSchedule, NoExecute)
	if t.TolerationSeconds != nil && t.Effect != NoExecute {
		errs.Add(path+".effect", text(t.Effect), "must be NoExecute where tolerationSeconds is given")
	}
}

// at returns the path of element i of the list at path.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// text returns v for a FieldError: nil, which stands for missing, where it is empty.
func text[T ~string](v T) any {
	if v == "" {
		return nil
	}
	return v
}

// check adds err as the problem of the value at path, if there is one.
func check(errs *labels.FieldErrors, path, value string, err error) {
	if err != nil {
		errs.Add(path, text(value), err.Error())
	}
}

// oneOf checks that v is empty or one of those that are known, which are several.
func oneOf[T ~string](errs *labels.FieldErrors, path string, v T, known ...T) {
	if v == "" {
		return
	}
	names := make([]string, len(known))
	for i, k := range known {
		if v == k {
			return
		}
		names[i] = string(k)
	}
	last := len(names) - 1
	errs.Add(path, v, "must be "+strings.Join(names[:last], ", ")+" or "+names[last])
}

// seconds checks a figure in seconds, if it is given.
func seconds(errs *labels.FieldErrors, path string, v *int64, least int64) {
	if v != nil {
		number(errs, path, *v, least, math.MaxInt32)
	}
}

// number checks that a figure is in its range.
func number(errs *labels.FieldErrors, path string, v, least, most int64) {
	switch {
	case v >= least && v <= most:
	case most == math.MaxInt32 && v < least:
		errs.Add(path, v, fmt.Sprintf("must be at least %d", least))
	default:
		errs.Add(path, v, fmt.Sprintf("must be %d to %d", least, most))
	}
}

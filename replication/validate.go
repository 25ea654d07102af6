package replication

import (
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Copy returns a controller that shares nothing with c.
func (c *Controller) Copy() *Controller {
	d := *c
	d.Meta = c.Meta.Copy()
	if c.Spec.Replicas != nil {
		d.Spec.Replicas = new(*c.Spec.Replicas)
	}
	d.Spec.Selector = maps.Clone(c.Spec.Selector)
	if c.Spec.Template != nil {
		d.Spec.Template = c.Spec.Template.Copy()
	}
	return &d
}

// Default fills in what the client left out, in place: the namespace
// (labels.DefaultNamespace), one replica, the template's labels as selector and
// as the controller's own labels, and the defaults of the template's pods.
func (c *Controller) Default() {
	if c.Namespace == "" {
		c.Namespace = labels.DefaultNamespace
	}
	if c.Spec.Replicas == nil {
		c.Spec.Replicas = new(1)
	}
	t := c.Spec.Template
	if t == nil {
		return
	}
	t.Default()
	if len(c.Spec.Selector) == 0 {
		c.Spec.Selector = maps.Clone(t.Labels)
	}
	if len(c.Labels) == 0 {
		c.Labels = maps.Clone(t.Labels)
	}
}

// Validate returns everything that is wrong with the controller as
// labels.FieldErrors, or nil. Call Default first: an empty selector, which
// would match every pod, is refused.
//
// The pods of a controller restart always and have no deadline, as in core/v1:
// with anything else they would end, and be replaced, for ever.
func (c *Controller) Validate() error {
	errs := labels.ValidateMeta(&c.Meta, "metadata", true)
	if n := c.Spec.Replicas; n != nil && *n < 0 {
		errs.Add("spec.replicas", *n, "must be 0 or more")
	}
	if n := c.Spec.MinReadySeconds; n < 0 {
		errs.Add("spec.minReadySeconds", n, "must be 0 or more")
	}
	if len(c.Spec.Selector) == 0 {
		errs.Add("spec.selector", nil, "must name at least one label: an empty selector would match every pod")
	}
	errs = append(errs, labels.ValidateSet(c.Spec.Selector, "spec.selector")...)
	if c.Spec.Template == nil {
		errs.Add("spec.template", nil, "must be given: pods are made from it")
		return errs.Err()
	}
	return append(errs, c.validateTemplate("spec.template")...).Err()
}

func (c *Controller) validateTemplate(path string) labels.FieldErrors {
	t := c.Spec.Template
	errs := pod.ValidateTemplate(t, path)
	for _, key := range slices.Sorted(maps.Keys(c.Spec.Selector)) {
		want := c.Spec.Selector[key]
		switch value, has := t.Labels[key]; {
		case !has:
			errs.Add(path+".metadata.labels["+key+"]", nil, "must be "+want+", as the selector asks for")
		case value != want:
			errs.Add(path+".metadata.labels["+key+"]", value, "must be "+want+", as the selector asks for")
		}
	}
	switch t.Spec.RestartPolicy {
	case pod.RestartOnFailure, pod.RestartNever:
		errs.Add(path+".spec.restartPolicy", t.Spec.RestartPolicy, "must be Always: a controller's pods do not end")
	}
	if d := t.Spec.ActiveDeadlineSeconds; d != nil {
		errs.Add(path+".spec.activeDeadlineSeconds", *d, "must not be given: a controller's pods do not end")
	}
	return errs
}

// ValidateUpdate returns everything that c changes of old and must not, as
// labels.FieldErrors, or nil. It does not do what [Controller.Validate] does.
//
// Name, namespace and uid stay as they are. All of the specification may
// change: pods that a new selector does not match are released, and a new
// template is for new pods only.
func (c *Controller) ValidateUpdate(old *Controller) error {
	return labels.ValidateMetaUpdate(&c.Meta, &old.Meta, "metadata").Err()
}

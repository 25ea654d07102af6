package replication_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func TestDefault(t *testing.T) {
	c := &replication.Controller{Meta: labels.Meta{Name: "web"}}
	c.Default()
	require.Equal(t, 1, *c.Spec.Replicas)
	require.Equal(t, labels.DefaultNamespace, c.Namespace)
	require.Nil(t, c.Spec.Template)

	c.Spec.Replicas = new(0)
	c.Spec.Template = &pod.Template{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}, Spec: pod.Spec{Containers: []pod.Container{{Name: "a", Image: "b"}}}}
	c.Default()
	require.Equal(t, 0, *c.Spec.Replicas)
	require.Equal(t, labels.Set{"app": "web"}, c.Spec.Selector)
	require.Equal(t, labels.Set{"app": "web"}, c.Labels)
	require.Equal(t, pod.RestartAlways, c.Spec.Template.Spec.RestartPolicy)

	c.Spec.Selector["app"] = "x"
	require.Equal(t, "web", c.Spec.Template.Labels["app"], "the selector shares nothing with the template")
	c.Default()
	require.Equal(t, "x", c.Spec.Selector["app"], "what is given stays")
}

func TestCopy(t *testing.T) {
	c := controller("web", 3)
	d := c.Copy()
	require.Equal(t, c, d)
	*d.Spec.Replicas = 9
	d.Spec.Selector["app"] = "x"
	d.Spec.Template.Labels["app"] = "x"
	d.Spec.Template.Spec.Containers[0].Name = "x"
	d.Labels["app"] = "x"
	require.Equal(t, controller("web", 3), c)
	require.Equal(t, &replication.Controller{}, (&replication.Controller{}).Copy())
}

func TestValidate(t *testing.T) {
	require.NoError(t, controller("web", 0).Validate())
	for name, tt := range map[string]struct {
		change func(c *replication.Controller)
		want   string
	}{
		"no name":             {func(c *replication.Controller) { c.Name = "" }, "metadata.name"},
		"negative replicas":   {func(c *replication.Controller) { c.Spec.Replicas = new(-1) }, `spec.replicas: "-1": must be 0 or more`},
		"negative time":       {func(c *replication.Controller) { c.Spec.MinReadySeconds = -1 }, `spec.minReadySeconds: "-1": must be 0 or more`},
		"no selector":         {func(c *replication.Controller) { c.Spec.Selector = nil }, "spec.selector: must name at least one label: an empty selector would match every pod"},
		"bad selector":        {func(c *replication.Controller) { c.Spec.Selector["app"], c.Spec.Template.Labels["app"] = "-", "-" }, "spec.selector[app]"},
		"no template":         {func(c *replication.Controller) { c.Spec.Template = nil }, "spec.template: must be given: pods are made from it"},
		"bad template":        {func(c *replication.Controller) { c.Spec.Template.Spec.Containers = nil }, "spec.template.spec.containers"},
		"other label":         {func(c *replication.Controller) { c.Spec.Template.Labels["app"] = "db" }, `spec.template.metadata.labels[app]: "db": must be web, as the selector asks for`},
		"missing label":       {func(c *replication.Controller) { c.Spec.Template.Labels = nil }, "spec.template.metadata.labels[app]: must be web, as the selector asks for"},
		"Never":               {func(c *replication.Controller) { c.Spec.Template.Spec.RestartPolicy = pod.RestartNever }, `spec.template.spec.restartPolicy: "Never": must be Always: a controller's pods do not end`},
		"OnFailure":           {func(c *replication.Controller) { c.Spec.Template.Spec.RestartPolicy = pod.RestartOnFailure }, `spec.template.spec.restartPolicy: "OnFailure": must be Always: a controller's pods do not end`},
		"deadline":            {func(c *replication.Controller) { c.Spec.Template.Spec.ActiveDeadlineSeconds = new(int64(5)) }, `spec.template.spec.activeDeadlineSeconds: "5": must not be given: a controller's pods do not end`},
		"only what is needed": {func(c *replication.Controller) { c.Spec.Template.Labels["more"] = "x" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := controller("web", 1)
			tt.change(c)
			if tt.want == "" {
				require.NoError(t, c.Validate())
				return
			}
			var errs labels.FieldErrors
			require.ErrorAs(t, c.Validate(), &errs)
			require.Len(t, errs, wantErrors(name), "%v", errs)
			require.ErrorContains(t, errs, tt.want)
		})
	}
	// All at once.
	c := &replication.Controller{}
	c.Spec.Replicas = new(-1)
	var errs labels.FieldErrors
	require.ErrorAs(t, c.Validate(), &errs)
	require.Len(t, errs, 4)
}

// wantErrors: a label that can't be is wrong in the selector and in the template.
func wantErrors(name string) int {
	if name == "bad selector" {
		return 2
	}
	return 1
}

func TestValidateUpdate(t *testing.T) {
	old := controller("web", 1)
	c := old.Copy()
	*c.Spec.Replicas = 5
	c.Spec.Selector["app"], c.Spec.Template.Labels["app"] = "x", "x"
	require.NoError(t, c.ValidateUpdate(old))
	c.UID = "other"
	require.ErrorContains(t, c.ValidateUpdate(old), "metadata.uid")
	c.UID, c.Name = old.UID, "other"
	require.ErrorContains(t, c.ValidateUpdate(old), "metadata.name")
}

func TestNewPod(t *testing.T) {
	c := controller("web", 1)
	c.Spec.Template.Name = "not this"
	c.Spec.Template.Annotations = map[string]string{"note": "x"}
	p := replication.NewPod(c)
	require.Equal(t, labels.Meta{
		GenerateName: "web-", Namespace: "default", Labels: labels.Set{"app": "web"}, Annotations: map[string]string{"note": "x"},
		OwnerReferences: []labels.OwnerReference{{
			APIVersion: "v1", Kind: "ReplicationController", Name: "web", UID: "uid-web", Controller: true, BlockOwnerDeletion: true,
		}},
	}, p.Meta)
	require.NoError(t, p.Validate())
	p.Spec.Containers[0].Name = "x"
	p.Labels["app"] = "x"
	p.Annotations["note"] = "y"
	require.Equal(t, "main", c.Spec.Template.Spec.Containers[0].Name)
	require.Equal(t, "web", c.Spec.Template.Labels["app"])
	require.Equal(t, "x", c.Spec.Template.Annotations["note"])
}

func TestAdoptRelease(t *testing.T) {
	c := controller("web", 1)
	p := &pod.Pod{}
	p.OwnerReferences = []labels.OwnerReference{{UID: "other"}, {UID: c.UID}}
	q := replication.Adopt(c, p)
	require.True(t, replication.Owns(c, q))
	require.False(t, replication.Owns(c, p), "p stays as it is")
	require.Len(t, q.OwnerReferences, 2)
	r := replication.Release(c, q)
	require.Equal(t, []labels.OwnerReference{{UID: "other"}}, r.OwnerReferences)
	require.True(t, replication.Owns(c, q))
}

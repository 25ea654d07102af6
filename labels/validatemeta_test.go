package labels_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func TestValidateSet(t *testing.T) {
	require.Nil(t, labels.ValidateSet(nil, "spec.selector"))
	require.Nil(t, labels.ValidateSet(labels.Set{"a": "", "x/b": "c"}, "spec.selector"))
	require.Equal(t, labels.FieldErrors{
		{Path: "spec.selector", Value: "", Problem: "key must not be empty"},
		{Path: "spec.selector", Value: "A/b", Problem: "key prefix must be made of lower-case letters, digits, '-' and '.', not 'A' (character 1)"},
		{Path: "spec.selector[A/b]", Value: "x y", Problem: "must be made of letters, digits, '-', '_' and '.', not ' ' (character 2)"},
		{Path: "spec.selector[app]", Value: "-", Problem: "must begin with a letter or digit, not '-' (character 1)"},
	}, labels.ValidateSet(labels.Set{"ok": "1", "app": "-", "A/b": "x y", "": "v"}, "spec.selector"))
}

func TestValidateMeta(t *testing.T) {
	x248, x249 := strings.Repeat("x", 248), strings.Repeat("x", 249)
	for _, tc := range []struct {
		name       string
		meta       labels.Meta
		namespaced bool
		problems   []string
	}{
		{"the least", labels.Meta{Name: "web"}, true, nil},
		{"namespaced", labels.Meta{Name: "web.1", Namespace: "prod"}, true, nil},
		{"generated", labels.Meta{GenerateName: "web-"}, true, nil},
		{"generated behind a dot", labels.Meta{GenerateName: "web."}, true, nil},
		{"both names", labels.Meta{Name: "web-1", GenerateName: "web-"}, true, nil},
		{"no name", labels.Meta{}, true, []string{`metadata.name: must be given, or generateName in its place`}},
		{"wrong name", labels.Meta{Name: "Web"}, true, []string{`metadata.name: "Web": must be made of lower-case letters, digits, '-' and '.', not 'W' (character 1)`}},
		{"wrong prefix", labels.Meta{GenerateName: "-web"}, true, []string{`metadata.generateName: "-web": must begin with a lower-case letter or digit, not '-' (character 1)`}},
		{"wrong prefix beside a name", labels.Meta{Name: "web", GenerateName: "web_"}, true, []string{`metadata.generateName: "web_": must be made of lower-case letters, digits, '-' and '.', not '_' (character 4)`}},
		{"long prefix", labels.Meta{GenerateName: x248}, true, nil},
		{"too long prefix", labels.Meta{GenerateName: x249}, true, []string{`metadata.generateName: "` + x249 + `": must have at most 248 characters, not 249: 5 more make the name`}},
		{"wrong namespace", labels.Meta{Name: "web", Namespace: "a.b"}, true, []string{`metadata.namespace: "a.b": must be made of lower-case letters, digits and '-', not '.' (character 2)`}},
		{"namespace of what has none", labels.Meta{Name: "node-1", Namespace: "default"}, false, []string{`metadata.namespace: "default": must be empty: this kind of object has no namespace`}},
		{"labels", labels.Meta{Name: "web", Labels: labels.Set{"a b": "c", "d": "e!"}}, true, []string{
			`metadata.labels: "a b": key must be made of letters, digits, '-', '_' and '.', not ' ' (character 2)`,
			`metadata.labels[d]: "e!": must be made of letters, digits, '-', '_' and '.', not '!' (character 2)`,
		}},
		{"annotations", labels.Meta{Name: "web", Annotations: map[string]string{"Example.COM/a": "any text\n", "b c": "", "é/x": ""}}, true, []string{
			`metadata.annotations: "b c": key must be made of letters, digits, '-', '_' and '.', not ' ' (character 2)`,
			`metadata.annotations: "é/x": key prefix must be made of lower-case letters, digits, '-' and '.', not 'é' (character 1)`,
		}},
		{"large annotations", labels.Meta{Name: "web", Annotations: map[string]string{"a": strings.Repeat("x", labels.MaxAnnotations-1)}}, true, nil},
		{"too large annotations", labels.Meta{Name: "web", Annotations: map[string]string{"a": strings.Repeat("x", labels.MaxAnnotations-3), "b": "xx"}}, true, []string{
			`metadata.annotations: must have at most 262144 bytes, keys and values together, not 262145`,
		}},
		{"owners", labels.Meta{Name: "web", OwnerReferences: []labels.OwnerReference{{Name: "a", Controller: true}, {Name: "b"}}}, true, nil},
		{"two controllers", labels.Meta{Name: "web", OwnerReferences: []labels.OwnerReference{{Name: "a"}, {Name: "b", Controller: true}, {Name: "c", Controller: true}}}, true, []string{
			`metadata.ownerReferences[2].controller: "c": cannot be a second controller: metadata.ownerReferences[1] is one`,
		}},
		{"everything at once", labels.Meta{Namespace: "A", Labels: labels.Set{"": "x"}}, true, []string{
			`metadata.name: must be given, or generateName in its place`,
			`metadata.namespace: "A": must be made of lower-case letters, digits and '-', not 'A' (character 1)`,
			`metadata.labels: key must not be empty`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, e := range labels.ValidateMeta(&tc.meta, "metadata", tc.namespaced) {
				got = append(got, e.Error())
			}
			require.Equal(t, tc.problems, got)
		})
	}
}

func TestValidateMetaUpdate(t *testing.T) {
	old := labels.Meta{Name: "web", Namespace: "default", UID: "1", Labels: labels.Set{"a": "b"}}
	for _, same := range []labels.Meta{
		old,
		{Name: "web", Namespace: "default"},
		{Name: "web", UID: "1"},
	} {
		require.Nil(t, labels.ValidateMetaUpdate(&same, &old, "metadata"))
	}
	changed := labels.Meta{Name: "db", Namespace: "prod", UID: "2"}
	require.EqualError(t, labels.ValidateMetaUpdate(&changed, &old, "metadata"),
		`metadata.name: "db": must stay "web"; `+
			`metadata.namespace: "prod": must stay "default"; `+
			`metadata.uid: "2": must stay "1": this is another object of the same name`)
}

func TestNamespace(t *testing.T) {
	n := &labels.Namespace{Meta: labels.Meta{Name: "prod"}}
	require.NoError(t, n.Validate())
	n.Default()
	require.Equal(t, labels.NamespaceActive, n.Status.Phase)
	require.NoError(t, n.Validate())

	n.Status.Phase = labels.NamespaceTerminating
	n.Default()
	require.Equal(t, labels.NamespaceTerminating, n.Status.Phase)
	require.NoError(t, n.Validate())
	require.NoError(t, n.ValidateUpdate(n.Copy()))

	back := n.Copy()
	back.Status.Phase = labels.NamespaceActive
	back.Name = "test"
	require.EqualError(t, back.ValidateUpdate(n), `metadata.name: "test": must stay "prod"; status.phase: "Active": cannot become active again`)
	require.Equal(t, "prod", n.Name)
}

func TestNamespaceRefuses(t *testing.T) {
	for name, problem := range map[string]string{
		"":                      `metadata.name: must be given, or generateName in its place`,
		"a.b":                   `metadata.name: "a.b": must be made of lower-case letters, digits and '-', not '.' (character 2)`,
		strings.Repeat("n", 64): `metadata.name: "` + strings.Repeat("n", 64) + `": must have at most 63 characters, not 64`,
	} {
		n := labels.Namespace{Meta: labels.Meta{Name: name}}
		require.EqualError(t, n.Validate(), problem)
	}
	long := labels.Namespace{Meta: labels.Meta{GenerateName: strings.Repeat("n", 59)}}
	require.ErrorContains(t, long.Validate(), "must have at most 58 characters, not 59: 5 more make the name")
	lost := labels.Namespace{Meta: labels.Meta{Name: "a", Namespace: "b"}, Status: labels.NamespaceStatus{Phase: "Gone"}}
	require.EqualError(t, lost.Validate(), `metadata.namespace: "b": must be empty: this kind of object has no namespace; status.phase: "Gone": must be Active or Terminating`)
}

func TestMetaCopy(t *testing.T) {
	grace := int64(30)
	m := labels.Meta{
		Name: "web", Labels: labels.Set{"a": "b"}, Annotations: map[string]string{"c": "d"},
		DeletionGracePeriodSeconds: &grace, OwnerReferences: []labels.OwnerReference{{Name: "rc", Controller: true}},
	}
	c := m.Copy()
	require.Equal(t, m, c)
	c.Labels["a"], c.Annotations["c"], *c.DeletionGracePeriodSeconds, c.OwnerReferences[0].Name = "x", "x", 0, "x"
	require.Equal(t, "b", m.Labels["a"])
	require.Equal(t, "d", m.Annotations["c"])
	require.Equal(t, int64(30), *m.DeletionGracePeriodSeconds)
	owner, ok := m.Controller()
	require.True(t, ok)
	require.Equal(t, "rc", owner.Name)
	_, ok = (&labels.Meta{OwnerReferences: []labels.OwnerReference{{Name: "x"}}}).Controller()
	require.False(t, ok)

	var object labels.Object = &m
	require.Same(t, &m, object.Identity())
}

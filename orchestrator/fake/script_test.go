package fake_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

func TestRulesMatch(t *testing.T) {
	p := &pod.Pod{Meta: labels.Meta{Name: "web-x7f2k", Namespace: "shop", UID: "4711"}}
	c := &pod.Container{Name: "app", Image: "registry.example/shop/web:1.2"}
	for _, test := range []struct {
		rule fake.Rule
		want bool
	}{
		{fake.Rule{}, true},
		{fake.Rule{Pod: "web-x7f2k"}, true},
		{fake.Rule{Pod: "web-*"}, true},
		{fake.Rule{Pod: "web-"}, false},
		{fake.Rule{Pod: "shop/web-*"}, true},
		{fake.Rule{Pod: "s*/*"}, true},
		{fake.Rule{Pod: "default/web-*"}, false},
		{fake.Rule{Pod: "4711"}, true},
		{fake.Rule{Pod: "471*"}, false},
		{fake.Rule{Container: "app"}, true},
		{fake.Rule{Container: "ap"}, false},
		{fake.Rule{Image: "*/web:*"}, true},
		{fake.Rule{Image: "registry.example/shop/web:1.2"}, true},
		{fake.Rule{Image: "web"}, false},
		{fake.Rule{Image: "*web*", Container: "side"}, false},
		{fake.Rule{Image: "*web*", Container: "a*p", Pod: "*"}, true},
	} {
		test.rule.Attempts = []fake.Script{{ExitCode: 1}}
		got := fake.Scripts{test.rule}.Find(p, c, 0).ExitCode == 1
		require.Equal(t, test.want, got, "%+v", test.rule)
	}
}

func TestFirstRuleCounts(t *testing.T) {
	s := fake.Scripts{
		{Container: "none"},
		{Container: "app", Attempts: []fake.Script{{ExitCode: 1}, {ExitCode: 2}}},
		{Attempts: []fake.Script{{ExitCode: 3}}},
	}
	p := newPod("web")
	for _, test := range []struct {
		container string
		try, want int
	}{{"none", 0, 0}, {"app", 0, 1}, {"app", 1, 2}, {"app", 7, 2}, {"app", -1, 1}, {"other", 0, 3}} {
		require.Equal(t, test.want, s.Find(p, &pod.Container{Name: test.container}, test.try).ExitCode, "%+v", test)
	}
	require.Equal(t, fake.Script{}, fake.Scripts(nil).Find(p, &pod.Container{}, 0))
}

// FuzzPattern holds patterns against the regular expressions that they stand for.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{"a*b", "axxb"}, {"*", ""}, {"**a", "a"}, {"a*a", "a"}, {"*ab*ab", "abab"}, {"", "x"}, {"*aab", "aaab"}, {"a*b*c", "abcbc"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		parts := strings.Split(pattern, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		want, err := regexp.MatchString(`(?s)\A`+strings.Join(parts, ".*")+`\z`, text)
		if err != nil || strings.ToValidUTF8(pattern+text, "") != pattern+text {
			t.Skip("no regular expression for that")
		}
		s := fake.Scripts{{Image: pattern, Attempts: []fake.Script{{ExitCode: 1}}}}
		got := s.Find(newPod("web"), &pod.Container{Image: text}, 0).ExitCode == 1
		require.Equal(t, want || pattern == "", got)
	})
}

func TestLies(t *testing.T) {
	var truth []orchestrator.ContainerState
	for _, name := range strings.Split("abcdef", "") {
		truth = append(truth, orchestrator.ContainerState{Pod: name})
	}
	ghost := []orchestrator.ContainerState{{Pod: "ghost"}}
	for _, test := range []struct {
		lie  fake.Lie
		want string
	}{
		{fake.Lie{}, "a b c d e f"},
		{fake.Lie{DropEvery: 1}, ""},
		{fake.Lie{DropEvery: 2}, "a c e"},
		{fake.Lie{RepeatEvery: 3}, "a b c c d e f f"},
		{fake.Lie{DropEvery: 3, RepeatEvery: 4}, "a b d e e"},
		{fake.Lie{Claim: ghost, DropEvery: 1}, "ghost"},
		{fake.Lie{Claim: ghost, Reverse: true}, "ghost f e d c b a"},
	} {
		var names []string
		for _, c := range test.lie.Tell(truth) {
			names = append(names, c.Pod)
		}
		require.Equal(t, test.want, strings.Join(names, " "), "%+v", test.lie)
	}
	require.Equal(t, "a", truth[0].Pod)
}

func TestAddresses(t *testing.T) {
	m := &fake.Machine{Network: netip.MustParsePrefix("192.0.2.0/29")}
	start := func(name string) error {
		p := newPod(name, "app")
		_, err := m.Start(p, p.Spec.Containers[0], noon)
		return err
	}
	for _, name := range strings.Split("abcdef", "") {
		require.NoError(t, start(name))
	}
	ips := func() string {
		var all []string
		for _, c := range m.List(noon) {
			all = append(all, strings.TrimPrefix(c.PodIP, "192.0.2."))
		}
		return strings.Join(all, " ")
	}
	require.Equal(t, "1 2 3 4 5 6", ips())
	err := start("g")
	require.EqualError(t, err, `start container "default/g/app" attempt 0: FailedCreatePodSandBox: every address of the network is taken`)
	var reason *orchestrator.StartError
	require.ErrorAs(t, err, &reason)

	m.Remove("uid-b", noon)
	m.Remove("uid-d", noon)
	require.NoError(t, start("g"))
	require.NoError(t, start("h"))
	require.Equal(t, "1 3 5 6 2 4", ips())

	m.Remove("uid-a", noon)
	m.Remove("uid-e", noon)
	require.NoError(t, start("i"))
	require.Equal(t, "3 6 2 4 5", ips(), "the next after 4, not the lowest")

	six := &fake.Machine{Network: netip.MustParsePrefix("fd00::/64")}
	p := newPod("six", "app")
	_, err = six.Start(p, p.Spec.Containers[0], noon)
	require.NoError(t, err)
	require.Equal(t, "fd00::1", six.List(noon)[0].PodIP)

	require.Equal(t, "10.0.1.0/24", fake.Network(1).String())
	require.Equal(t, "10.1.2.0/24", fake.Network(258).String())
}

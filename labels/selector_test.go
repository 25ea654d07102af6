package labels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func TestMatches(t *testing.T) {
	web := labels.Set{"app": "web", "tier": "front", "empty": "", "n": "5"}
	for _, tc := range []struct {
		selector string
		want     bool
	}{
		{"", true},
		{"app=web", true},
		{"app==web", true},
		{"app=db", false},
		{"app=", false},
		{"empty=", true},
		{"absent=", false},
		{"absent=x", false},
		{"app!=db", true},
		{"app!=web", false},
		{"empty!=", false},
		{"absent!=x", true},
		{"absent!=", true},
		{"app in (db,web)", true},
		{"app in (db,cache)", false},
		{"app in ()", false},
		{"empty in ()", true},
		{"empty in (,x)", true},
		{"absent in ()", false},
		{"absent in (web)", false},
		{"app notin (db,cache)", true},
		{"app notin (db,web)", false},
		{"app notin ()", true},
		{"empty notin ()", false},
		{"absent notin (web)", true},
		{"absent notin ()", true},
		{"app in (a,b,c,d,e,f,g,h,i,web)", true},
		{"app in (web,x1,x2,x3,x4,x5,x6,x7,x8,x9)", true},
		{"app in (a,b,c,d,e,f,g,h,i,j)", false},
		{"app notin (a,b,c,d,e,f,g,h,i,web)", false},
		{"app notin (a,b,c,d,e,f,g,h,i,j)", true},
		{"app", true},
		{"empty", true},
		{"absent", false},
		{"!app", false},
		{"!empty", false},
		{"!absent", true},
		{"n>4", true},
		{"n>5", false},
		{"n>6", false},
		{"n<6", true},
		{"n<5", false},
		{"n<4", false},
		{"n>04", true},
		{"absent>0", false},
		{"absent<1", false},
		{"app>0", false},
		{"app<1", false},
		{"empty<1", false},
		{"app=web,tier=front", true},
		{"app=web,tier=back", false},
		{"app=db,tier=front", false},
		{"app=web,!absent,n>1,tier in (front)", true},
		{"app=web,app=db", false},
		{"app,!app", false},
	} {
		t.Run(tc.selector, func(t *testing.T) {
			require.Equal(t, tc.want, parse(t, tc.selector).Matches(web))
		})
	}
}

func TestMatchesAnEmptySet(t *testing.T) {
	for selector, want := range map[string]bool{
		"": true, "a": false, "!a": true, "a=b": false, "a!=b": true, "a in (b)": false, "a notin (b)": true, "a>1": false, "a<1": false,
	} {
		require.Equal(t, want, parse(t, selector).Matches(nil), selector)
		require.Equal(t, want, parse(t, selector).Matches(labels.Set{}), selector)
	}
}

// A label that was never validated may hold any text: only what strconv.ParseInt reads is a number.
func TestMatchesIntegers(t *testing.T) {
	for _, tc := range []struct {
		value         string
		more0, less10 bool
	}{
		{"0", false, true}, {"00", false, true}, {"5", true, true}, {"+5", true, true}, {"-5", false, true}, {"-0", false, true},
		{"10", true, false}, {"010", true, false},
		{"9223372036854775807", true, false}, {"9223372036854775808", false, false},
		{"-9223372036854775808", false, true}, {"-9223372036854775809", false, false},
		{"18446744073709551616", false, false}, {"99999999999999999999", false, false}, {"00000000000000000000001", true, true},
		{"", false, false}, {"+", false, false}, {"-", false, false}, {"--1", false, false}, {"1e1", false, false},
		{"0x1", false, false}, {"1_0", false, false}, {" 1", false, false}, {"1 ", false, false}, {"٣", false, false},
	} {
		set := labels.Set{"n": tc.value}
		require.Equal(t, tc.more0, parse(t, "n>0").Matches(set), "%q > 0", tc.value)
		require.Equal(t, tc.less10, parse(t, "n<10").Matches(set), "%q < 10", tc.value)
	}
	require.False(t, parse(t, "n>9223372036854775807").Matches(labels.Set{"n": "9223372036854775807"}))
	require.True(t, parse(t, "n>9223372036854775806").Matches(labels.Set{"n": "9223372036854775807"}))
}

func TestMatchesAllocatesNothing(t *testing.T) {
	set := labels.Set{"a": "b", "c": "y", "n": "no number", "m": "12"}
	for _, text := range []string{
		"", "a=b,c in (x,y,z),!d", "a!=x,c notin (x,z)", "m>1,m<20", "n>1", "a in (b,c,d,e,f,g,h,i,j,k)", "absent=x",
	} {
		s := parse(t, text)
		require.Zero(t, testing.AllocsPerRun(100, func() { s.Matches(set) }), text)
		for _, r := range s.Requirements() {
			require.Zero(t, testing.AllocsPerRun(100, func() { r.Matches(set) }), r.String())
		}
	}
}

func TestParseAllocatesLittle(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := labels.Parse("a=b,c in (x,y,z),!d"); err != nil {
			t.Error(err)
		}
	})
	require.LessOrEqual(t, allocs, 2.0)
}

func TestZeroSelector(t *testing.T) {
	var s labels.Selector
	require.True(t, s.Empty())
	require.True(t, s.Matches(nil))
	require.True(t, s.Matches(labels.Set{"a": "b"}))
	require.Empty(t, s.String())
	require.Empty(t, s.Requirements())
	require.Equal(t, s, parse(t, ""))
	require.Equal(t, s, labels.NewSelector())
	require.Equal(t, s, labels.SelectorFromSet(nil))
	require.Equal(t, s, labels.SelectorFromSet(labels.Set{}))
}

func TestSelectorFromSet(t *testing.T) {
	set := labels.Set{"tier": "front", "app": "web", "empty": ""}
	s := labels.SelectorFromSet(set)
	require.Equal(t, "app=web,empty=,tier=front", s.String())
	require.Equal(t, set.String(), s.String())
	require.Equal(t, parse(t, s.String()), s)
	require.True(t, s.Matches(set))
	require.True(t, s.Matches(labels.Set{"tier": "front", "app": "web", "empty": "", "more": "x"}))
	require.False(t, s.Matches(labels.Set{"tier": "front", "app": "web"}))
	set["app"] = "db"
	require.Equal(t, "app=web,empty=,tier=front", s.String(), "the selector follows its set")
}

func TestSetString(t *testing.T) {
	require.Empty(t, labels.Set(nil).String())
	require.Equal(t, "a=1,a-b=2,b=", labels.Set{"b": "", "a-b": "2", "a": "1"}.String())
}

func TestEqual(t *testing.T) {
	require.True(t, parse(t, "b in (y,x), a==1").Equal(parse(t, "a=1,b in (x,y,x)")))
	for _, other := range []string{"", "a", "a=1", "a!=2", "a in (2)", "a=2,b", "b=2"} {
		require.False(t, parse(t, "a=2").Equal(parse(t, other)), other)
	}
}

// Nobody can change a selector through what it was made of or what it returns.
func TestSelectorNeverChanges(t *testing.T) {
	values := []string{"y", "x"}
	in, err := labels.NewRequirement("b", labels.In, values...)
	require.NoError(t, err)
	require.Equal(t, []string{"y", "x"}, values, "the caller's values were sorted")
	exists, err := labels.NewRequirement("a", labels.Exists)
	require.NoError(t, err)
	given := []labels.Requirement{in, exists}
	s := labels.NewSelector(given...)
	require.Equal(t, in, given[0], "the caller's requirements were sorted")

	values[0] = "changed"
	given[0], given[1] = exists, exists
	s.Requirements()[0] = in
	s.Requirements()[1].Values()[0] = "changed"
	require.Equal(t, "a,b in (x,y)", s.String())
}

func TestNewRequirement(t *testing.T) {
	for _, tc := range []struct {
		operator labels.Operator
		values   []string
		text     string
	}{
		{labels.Equals, []string{"b"}, "a=b"},
		{labels.NotEquals, []string{"b"}, "a!=b"},
		{labels.In, []string{"c", "b", "c"}, "a in (b,c)"},
		{labels.NotIn, []string{"b"}, "a notin (b)"},
		{labels.Exists, nil, "a"},
		{labels.Exists, []string{}, "a"},
		{labels.DoesNotExist, nil, "!a"},
		{labels.GreaterThan, []string{"010"}, "a>10"},
		{labels.LessThan, []string{"0"}, "a<0"},
	} {
		r, err := labels.NewRequirement("a", tc.operator, tc.values...)
		require.NoError(t, err)
		require.Equal(t, tc.text, r.String())
		require.Equal(t, "a", r.Key())
		require.Equal(t, tc.operator, r.Operator())
		require.Equal(t, parse(t, tc.text).Requirements()[0], r)
	}
}

func TestNewRequirementRefuses(t *testing.T) {
	for _, tc := range []struct {
		key      string
		operator labels.Operator
		values   []string
		problem  string
	}{
		{"", labels.Exists, nil, `require label "": key must not be empty`},
		{"a b", labels.Exists, nil, `require label "a b": key must be made of letters, digits, '-', '_' and '.', not ' ' (character 2)`},
		{"a", labels.In, []string{"b", "c!"}, `require label "a": value "c!" must be made of letters, digits, '-', '_' and '.', not '!' (character 2)`},
		{"a", labels.In, nil, `require label "a": operator In needs at least one value`},
		{"a", labels.NotIn, nil, `require label "a": operator NotIn needs at least one value`},
		{"a", labels.Equals, nil, `require label "a": operator = takes exactly one value, not 0`},
		{"a", labels.NotEquals, []string{"b", "c"}, `require label "a": operator != takes exactly one value, not 2`},
		{"a", labels.Exists, []string{"b"}, `require label "a": operator Exists takes no value, not 1`},
		{"a", labels.DoesNotExist, []string{"b"}, `require label "a": operator DoesNotExist takes no value, not 1`},
		{"a", labels.GreaterThan, []string{"b"}, `require label "a": value "b" must be an integer of 64 bits`},
		{"a", labels.LessThan, []string{"1", "2"}, `require label "a": operator Lt takes exactly one value, not 2`},
		{"a", "==", []string{"b"}, `require label "a": unknown operator "=="`},
		{"a", "", nil, `require label "a": unknown operator ""`},
	} {
		_, err := labels.NewRequirement(tc.key, tc.operator, tc.values...)
		require.EqualError(t, err, tc.problem)
	}
}

func TestZeroRequirementMatchesNothing(t *testing.T) {
	var r labels.Requirement
	require.False(t, r.Matches(nil))
	require.False(t, r.Matches(labels.Set{"": ""}))
	require.Empty(t, r.String())
	require.Empty(t, r.Operator())
}

package fake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

func TestCloudConformance(t *testing.T) {
	faulty := func(f fake.CloudFaults) func(*testing.T, orchestrator.Cloud) func() {
		return func(_ *testing.T, c orchestrator.Cloud) func() {
			c.(*fake.Cloud).SetFaults(f)
			return func() { c.(*fake.Cloud).SetFaults() }
		}
	}
	orchtest.Cloud(t, orchtest.CloudHarness{
		New: func(_ *testing.T, instances []node.Instance) orchestrator.Cloud {
			c := &fake.Cloud{}
			c.Set(instances...)
			return c
		},
		Set: func(_ *testing.T, c orchestrator.Cloud, instances []node.Instance) {
			c.(*fake.Cloud).Set(instances...)
		},
		Invalid: func(i int) node.Instance { return node.Instance{ID: "No Name"} },
		Fail:    faulty(fake.CloudFaults{Err: errors.New("out of order")}),
		Hang:    faulty(fake.CloudFaults{Hang: true}),
		Reopen:  func(_ *testing.T, old orchestrator.Cloud) orchestrator.Cloud { return old },
		Virtual: true,
	})
}

// ids returns what the cloud lists, in its order, or its error.
func ids(t *testing.T, c *fake.Cloud) string {
	t.Helper()
	list, err := c.Instances(t.Context())
	if err != nil {
		require.Empty(t, list)
		return err.Error()
	}
	return names(list)
}

func names(list []node.Instance) string {
	var all []string
	for _, i := range list {
		all = append(all, i.ID)
	}
	return strings.Join(all, " ")
}

func machines(names string) []node.Instance {
	var list []node.Instance
	for _, name := range strings.Fields(names) {
		list = append(list, node.Instance{ID: name})
	}
	return list
}

func TestCloudChanges(t *testing.T) {
	var c fake.Cloud
	require.Equal(t, "", ids(t, &c))
	require.Equal(t, "fake", c.Name())
	require.Equal(t, "sky", (&fake.Cloud{Called: "sky"}).Name())

	c.Set(machines("b a c")...)
	require.Equal(t, "b a c", ids(t, &c), "in the order in which they came")
	c.Put(node.Instance{ID: "d"}, node.Instance{ID: "a", Zone: "z"})
	require.Equal(t, "b a c d", ids(t, &c))
	require.Equal(t, 2, c.Delete("b", "d", "x"))
	require.Equal(t, "a c", ids(t, &c))

	moved := []node.Address{{Type: node.InternalIP, Address: "10.0.0.1"}}
	require.True(t, c.SetAddresses("a", moved...))
	require.False(t, c.SetAddresses("x", moved...))
	moved[0].Address = "spoilt"
	list, err := c.Instances(t.Context())
	require.NoError(t, err)
	require.Equal(t, node.Instance{ID: "a", Zone: "z", Addresses: []node.Address{{Type: node.InternalIP, Address: "10.0.0.1"}}}, list[0])
	require.Equal(t, 5, c.Calls())
}

func TestCloudScript(t *testing.T) {
	var c fake.Cloud
	c.Set(machines("a b c d")...)
	c.SetFaults(
		fake.CloudFaults{Calls: 2, Err: errors.New("throttled")},
		fake.CloudFaults{Calls: 1, Empty: true},
		fake.CloudFaults{Calls: 1, DropEvery: 2},
		fake.CloudFaults{Calls: 1, RepeatEvery: 2, Reverse: true},
		fake.CloudFaults{Calls: 1, Claim: machines("ghost"), DropEvery: 1},
		fake.CloudFaults{Calls: 1, Stale: true},
	)
	c.Delete("a")
	const throttled = `list instances of cloud "fake": throttled`
	for _, want := range []string{throttled, throttled, "", "b d", "d c c b", "ghost", "a b c d", "b c d", "b c d"} {
		require.Equal(t, want, ids(t, &c))
	}

	c.SetFaults(fake.CloudFaults{Err: errors.New("down")})
	for range 3 {
		require.Equal(t, `list instances of cloud "fake": down`, ids(t, &c))
	}
	c.SetFaults()
	require.Equal(t, "b c d", ids(t, &c))
}

func TestCloudTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c fake.Cloud
		c.Set(machines("a")...)
		c.SetFaults(fake.CloudFaults{Latency: time.Minute})
		begin := time.Now()
		time.AfterFunc(time.Second, func() { c.Set(machines("b")...) })
		require.Equal(t, "a", ids(t, &c), "a slow answer says what was so when the call began")
		require.Equal(t, time.Minute, time.Since(begin))

		time.AfterFunc(time.Second, func() { c.SetFaults() })
		require.Equal(t, "b", ids(t, &c))
		require.Equal(t, time.Minute+time.Second, time.Since(begin), "when it is well again it is quick at once")
		require.Equal(t, 2, c.Calls(), "a call that began anew is one call")

		c.SetFaults(fake.CloudFaults{Latency: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Instances(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute+2*time.Second, time.Since(begin))
	})
}

func TestCloudHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c fake.Cloud
		c.Set(machines("a")...)
		c.SetFaults(fake.CloudFaults{Calls: 1, Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begin := time.Now()
		_, err := c.Instances(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Hour, time.Since(begin))
		require.Equal(t, "a", ids(t, &c), "only one call hung")

		c.SetFaults(fake.CloudFaults{Hang: true, Deaf: true})
		time.AfterFunc(2*time.Hour, func() { c.SetFaults(fake.CloudFaults{Err: errors.New("gone")}) })
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = c.Instances(ctx)
		require.Error(t, err)
		require.Equal(t, 3*time.Hour, time.Since(begin), "it did not even return when its context ended")
	})
}

func TestCloudMute(t *testing.T) {
	var c fake.Cloud
	hints := c.Changed()
	hinted := func() bool {
		select {
		case <-hints:
			return true
		default:
			return false
		}
	}
	require.False(t, hinted())
	c.Put(machines("a b")...)
	c.Put(machines("c")...)
	require.True(t, hinted())
	require.False(t, hinted(), "hints coalesce")

	c.SetFaults(fake.CloudFaults{Mute: true})
	require.False(t, hinted())
	c.Delete("a")
	require.False(t, hinted())
	c.SetFaults()
	require.True(t, hinted(), "it was kept")

	c.SetFaults(fake.CloudFaults{Mute: true, Calls: 1})
	c.Delete("b")
	require.False(t, hinted())
	require.Equal(t, "c", ids(t, &c))
	require.True(t, hinted())
}

func TestCloudAnswer(t *testing.T) {
	var c fake.Cloud
	c.Set(machines("a b")...)
	down := errors.New("down")
	c.SetFaults(
		fake.CloudFaults{Calls: 1, Latency: time.Second, Empty: true},
		fake.CloudFaults{Calls: 1, Hang: true},
		fake.CloudFaults{Calls: 1, Hang: true, Deaf: true},
		fake.CloudFaults{Calls: 1, Err: down},
	)
	require.Equal(t, fake.CloudAnswer{Instances: []node.Instance{}, After: time.Second}, c.Answer())
	require.Equal(t, fake.CloudAnswer{Never: true}, c.Answer())
	require.Equal(t, fake.CloudAnswer{Never: true, Deaf: true}, c.Answer())
	require.ErrorIs(t, c.Answer().Err, down)
	require.Equal(t, "a b", names(c.Answer().Instances))
	require.Equal(t, 5, c.Calls())
}

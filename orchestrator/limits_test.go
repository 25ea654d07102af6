package orchestrator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// An object that is too large is refused by every verb that hands one in, with
// its size, and nothing of it is there.
func TestMaxObjectBytes(t *testing.T) {
	running(t, orchestrator.Config{MaxObjectBytes: 2000}, func(t *testing.T, r *rig) {
		small := r.apply(webPod("web"))[0].Identity()
		large := webPod("web")
		large.Annotations = map[string]string{"long": strings.Repeat("x", 3000)}
		large.UID = small.UID
		for verb, write := range map[string]func() error{
			"create": func() error {
				p := large.Copy()
				p.Name, p.UID = "other", ""
				_, err := r.c.Pods().Create(r.ctx(), p)
				return err
			},
			"update":           func() error { _, err := r.c.Pods().Update(r.ctx(), large); return err },
			"update status of": func() error { _, err := r.c.Pods().UpdateStatus(r.ctx(), large); return err },
			"apply":            func() error { _, err := r.c.Apply(r.ctx(), large, webPod("third")); return err },
		} {
			err := write()
			require.ErrorIs(t, err, orchestrator.ErrTooLarge, verb)
			require.Regexp(t, `^`+verb+` pod "default/(web|other)": it has 3\d\d\d bytes as JSON, and config field MaxObjectBytes allows 2000: `, err.Error())
		}
		require.Empty(t, r.pod("web").Annotations)
		require.False(t, r.exists("other"))
		require.False(t, r.exists("third"))
	})
}

// There are never more objects than the config allows: clients are refused, and
// controllers create what there is room for, say so, and go on when there is more.
func TestMaxObjects(t *testing.T) {
	const nodes, namespaces = 3, 1
	running(t, orchestrator.Config{MaxObjects: nodes + namespaces + 10}, func(t *testing.T, r *rig) {
		for i := range 4 {
			r.apply(webPod(fmt.Sprintf("own-%d", i)))
		}
		rc := webController("web", 20)
		r.apply(rc)
		r.pass(10 * time.Second)
		require.Len(t, r.c.Pods().List(store.Filter{}), 9)
		require.Len(t, r.machines.Live(), 9)
		require.Equal(t, []string{"cannot create 15 pods: config field MaxObjects allows 14 objects: limit reached"}, r.events("FailedCreate"))

		_, err := r.c.Pods().Create(r.ctx(), webPod("late"))
		require.ErrorIs(t, err, orchestrator.ErrLimit)
		require.ErrorContains(t, err, `create pod "default/late": there are 14 objects, and config field MaxObjects allows 14: `)

		for i := range 4 {
			require.NoError(t, r.c.Pods().Delete(r.ctx(), "", fmt.Sprintf("own-%d", i), orchestrator.DeleteOptions{Force: true}))
		}
		r.pass(2 * time.Minute)
		r.healthy(rc, 9)
		_, err = r.c.Controllers().Patch(r.ctx(), "", "web", scaleTo(2))
		require.NoError(t, err)
		r.pass(2 * time.Minute)
		r.healthy(rc, 2)
		r.apply(webPod("late"))
	})
}

// A batch of one client is counted as a whole.
func TestMaxObjectsWithinOneWrite(t *testing.T) {
	running(t, orchestrator.Config{MaxObjects: 6}, func(t *testing.T, r *rig) {
		_, err := r.c.Apply(r.ctx(), webPod("a"), webPod("b"), webPod("c"))
		require.ErrorIs(t, err, orchestrator.ErrLimit)
		require.Empty(t, r.c.Pods().List(store.Filter{}))
		r.apply(webPod("a"), webPod("b"))
	})
}

package orchtest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

type (
	state = orchestrator.ContainerState
	ref   = orchestrator.ContainerRef
)

var mutants = map[string]mutant{
	"reports-for-ever": {
		fails: []string{"ReportIsIdempotent"},
		report: func(ctx context.Context, _ uint64) (orchestrator.Report, error) {
			return orchestrator.Report{Last: 1, Events: []orchestrator.PodEvent{{UID: "1", Reason: "Pulling"}}}, ctx.Err()
		},
	},
	"reports-after-the-end": {
		fails:  []string{"ReportIsIdempotent"},
		report: func(context.Context, uint64) (orchestrator.Report, error) { return orchestrator.Report{}, nil },
	},
	"starts-twice": {
		fails: []string{"StartTwiceRunsOnce", "RecoverRunning"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			if s, ok := d.find(orchestrator.RefTo(p, c.Name)); ok && s.State.Running != nil {
				return again(d, ctx, p, c)
			}
			return d.Runtime.Start(ctx, p, c)
		},
	},
	"repeats-ended": {
		fails: []string{"StartDoesNotRepeatEnded", "RecoverEnded"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			if s, ok := d.find(orchestrator.RefTo(p, c.Name)); ok && s.State.Terminated != nil {
				return again(d, ctx, p, c)
			}
			return d.Runtime.Start(ctx, p, c)
		},
	},
	"runs-old-attempt": {
		fails: []string{"OldAttemptIsHarmless"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			asked := orchestrator.RefTo(p, c.Name)
			newer := asked
			newer.Attempt++
			if _, ok := d.find(newer); ok {
				return again(d, ctx, p, c)
			}
			return d.Runtime.Start(ctx, p, c)
		},
	},
	"start-is-serial": {
		fails: []string{"ConcurrentPods"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			defer d.under.Add(-1)
			if d.under.Add(1) > 1 {
				return errors.New("busy")
			}
			return d.Runtime.Start(ctx, p, c)
		},
	},
	"missing-without-reason": {
		fails: []string{"StartMissing"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			if err := d.Runtime.Start(ctx, p, c); err != nil {
				return errors.New("it did not work")
			}
			return nil
		},
	},
	"missing-is-fine": {
		fails: []string{"StartMissing"},
		start: func(d *defective, ctx context.Context, p *pod.Pod, c pod.Container) error {
			_ = d.Runtime.Start(ctx, p, c)
			return nil
		},
	},
	"no-names":   {fails: []string{"StartShowsRunning"}, list: each(func(c *state) { c.Pod = "" })},
	"no-ids":     {fails: []string{"StartShowsRunning"}, list: each(func(c *state) { c.ID = "" })},
	"one-id":     {fails: []string{"RestartIsNewAttempt"}, list: each(func(c *state) { c.ID = "1" })},
	"repeats":    {fails: []string{"StartTwiceRunsOnce"}, list: func(_ *defective, l []state) []state { return append(l, l...) }},
	"exit-codes": {fails: []string{"ExitCodes", "RecoverEndUnseen"}, list: ends(func(_ *state, e *pod.Terminated) { e.ExitCode = 1 })},
	"reasons":    {fails: []string{"ExitCodes", "OutOfMemory", "KilledFromOutside"}, list: ends(func(_ *state, e *pod.Terminated) { e.Reason = "" })},
	"signals":    {fails: []string{"KilledFromOutside", "StopKillsAfterGrace", "StopWithoutGraceKills", "ContextEndsStop"}, list: ends(func(_ *state, e *pod.Terminated) { e.Signal = 0 })},
	"no-times":   {fails: []string{"ExitCodes"}, list: ends(func(_ *state, e *pod.Terminated) { e.StartedAt = time.Time{} })},
	"late-times": {fails: []string{"StartDoesNotRepeatEnded", "EndedStaysListed"}, list: ends(func(_ *state, e *pod.Terminated) { e.FinishedAt = time.Now() })},
	"forgets-ended": {
		fails: []string{"ExitCodes", "EndedStaysListed", "StopIsPolite", "RecoverEndUnseen"},
		list:  without(func(c state, _ []state) bool { return c.State.Terminated != nil }),
	},
	"forgets-older": {
		fails: []string{"RestartIsNewAttempt"},
		list: without(func(c state, list []state) bool {
			for _, other := range list {
				if other.UID == c.UID && other.Container == c.Container && other.Attempt > c.Attempt {
					return true
				}
			}
			return false
		}),
	},
	"shares-its-list": {
		fails: []string{"ListIsACopy"},
		list: func(d *defective, list []state) []state {
			if len(d.cached) != len(list) {
				d.cached = list
			}
			return d.cached
		},
	},
	"lists-in-one-place": {
		fails: []string{"ListIsACopy"},
		list: func(d *defective, list []state) []state {
			d.cached = append(d.cached[:0], list...)
			return d.cached
		},
	},

	"stop-kills": {
		fails: []string{"StopIsPolite", "StopKillsAfterGrace"},
		stop: func(d *defective, ctx context.Context, r ref, _ time.Duration) error {
			return d.Runtime.Stop(ctx, r, 0)
		},
	},
	"stop-never-kills": {
		fails: []string{"StopKillsAfterGrace", "StopWithoutGraceKills"},
		stop: func(d *defective, ctx context.Context, r ref, _ time.Duration) error {
			return d.Runtime.Stop(ctx, r, 1000*time.Hour)
		},
	},
	"stop-does-not-wait": {
		fails: []string{"StopIsPolite", "StopKillsAfterGrace"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			go d.Runtime.Stop(ctx, r, grace) //nolint:errcheck // that is the defect
			return nil
		},
	},
	"stop-does-nothing": {
		fails: []string{"StopIsPolite", "StopIsIdempotent", "StopEndsOneAttempt", "RecoverRunning"},
		stop:  func(*defective, context.Context, ref, time.Duration) error { return nil },
	},
	"stop-knows-it-all": {
		fails: []string{"StopUnknown", "RemoveIsIdempotent"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			if _, ok := d.find(r); !ok {
				return errors.New("no such container")
			}
			return d.Runtime.Stop(ctx, r, grace)
		},
	},
	"stop-twice-is-an-error": {
		fails: []string{"StopIsIdempotent"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			if s, ok := d.find(r); ok && s.State.Terminated != nil {
				return errors.New("it does not run")
			}
			return d.Runtime.Stop(ctx, r, grace)
		},
	},
	"stop-ends-the-pod": {
		fails: []string{"StopEndsOneAttempt"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			d.Runtime.Kill(r.UID, "", 15)
			return d.Runtime.Stop(ctx, r, grace)
		},
	},
	"stop-ends-any-attempt": {
		fails: []string{"OldAttemptIsHarmless", "StopUnknown"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			d.Runtime.Kill(r.UID, r.Container, 15)
			return d.Runtime.Stop(ctx, r, grace)
		},
	},
	"stop-forgets": {
		fails: []string{"StopIsPolite", "EndedStaysListed"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			return errors.Join(d.Runtime.Stop(ctx, r, grace), d.Runtime.Remove(ctx, r.UID))
		},
	},
	"stop-ignores-context": {
		fails: []string{"ContextEndsStop"},
		stop: func(d *defective, _ context.Context, r ref, grace time.Duration) error {
			return d.Runtime.Stop(context.Background(), r, min(grace, time.Hour))
		},
	},
	"stop-hides-the-context": {
		fails: []string{"ContextEndsStop", "ContextEndsCalls"},
		stop: func(d *defective, ctx context.Context, r ref, grace time.Duration) error {
			if err := d.Runtime.Stop(ctx, r, grace); err != nil {
				return errors.New("it did not work")
			}
			return nil
		},
	},

	"remove-knows-it-all": {
		fails: []string{"RemoveIsIdempotent"},
		remove: func(d *defective, ctx context.Context, uid string) error {
			for _, known := range d.Pods() {
				if known == uid {
					return d.Runtime.Remove(ctx, uid)
				}
			}
			return errors.New("no such pod")
		},
	},
	"remove-does-nothing": {
		fails:  []string{"RemoveKillsAndForgets", "RemoveIsIdempotent", "SameNameOtherUID", "ConcurrentPods"},
		remove: func(*defective, context.Context, string) error { return nil },
	},
	"remove-removes-all": {
		fails: []string{"RemoveLeavesOthers", "SameNameOtherUID", "EndedStaysListed"},
		remove: func(d *defective, ctx context.Context, _ string) error {
			for _, uid := range d.Pods() {
				if err := d.Runtime.Remove(ctx, uid); err != nil {
					return err
				}
			}
			return nil
		},
	},
	"remove-waits": {
		fails: []string{"RemoveDoesNotWaitForGrace"},
		remove: func(d *defective, ctx context.Context, uid string) error {
			for _, r := range d.Live() {
				if err := d.Runtime.Stop(ctx, r, time.Hour); err != nil {
					return err
				}
			}
			return d.Runtime.Remove(ctx, uid)
		},
	},

	"no-hints":     {fails: []string{"Hints"}, hints: func(d *defective) <-chan struct{} { return d.silence }},
	"closed-hints": {fails: []string{"Hints"}, hints: func(d *defective) <-chan struct{} { return d.closed }},

	"no-address":       {fails: []string{"AddressIsThePods"}, list: each(func(c *state) { c.PodIP = "" })},
	"one-address":      {fails: []string{"AddressIsThePods", "RecoverAddress"}, list: each(func(c *state) { c.PodIP = "10.0.0.1" })},
	"address-each":     {fails: []string{"AddressIsThePods"}, list: each(func(c *state) { c.PodIP = fmt.Sprintf("10.0.0.%d", len(c.Container)) })},
	"address-restarts": {fails: []string{"AddressSurvivesRestart"}, list: each(func(c *state) { c.PodIP = fmt.Sprintf("10.0.%d.%d", c.Attempt, len(c.Pod)) })},

	"reopens-empty": {
		fails:  []string{"RecoverRunning", "RecoverEnded", "RecoverEndUnseen", "RecoverAddress"},
		reopen: func(*fake.Runtime) *fake.Runtime { return &fake.Runtime{Choose: play} },
	},
	"reopening-kills": {
		fails:  []string{"RecoverRunning", "RecoverEndUnseen", "RecoverAddress"},
		reopen: func(r *fake.Runtime) *fake.Runtime { r.Kill("", "", 9); return r },
	},
}

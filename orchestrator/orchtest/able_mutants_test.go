package orchtest_test

import (
	"context"
	"errors"
	"net"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// ableMutants have their defect where they can do more than a runtime must.
var ableMutants = map[string]mutant{
	"logs-say-nothing": {
		fails: []string{"LogsSayWhatWasSaid", "LogsOfEachStream", "LogsTail", "LogsLimit", "LogsTimes", "LogsOfAttempts", "LogsRecover"},
		logs:  func(*defective, context.Context, ref, orchestrator.LogOptions) error { return nil },
	},
	"logs-of-unknown-are-empty": {
		fails: []string{"LogsSayWhatWasSaid", "LogsOfAttempts"},
		logs: func(d *defective, ctx context.Context, r ref, o orchestrator.LogOptions) error {
			if err := d.Runtime.Logs(ctx, r, o); !errors.Is(err, orchestrator.ErrNoAttempt) {
				return err
			}
			return nil
		},
	},
	"logs-mix-streams": {
		fails: []string{"LogsOfEachStream"},
		logs: func(d *defective, ctx context.Context, r ref, o orchestrator.LogOptions) error {
			if o.Stdout == nil {
				o.Stdout = o.Stderr
			}
			return d.Runtime.Logs(ctx, r, o)
		},
	},
	"logs-do-not-follow": {
		fails: []string{"LogsFollow", "LogsFollowEndsWithContext"},
		logs: func(d *defective, ctx context.Context, r ref, o orchestrator.LogOptions) error {
			o.Follow = false
			return d.Runtime.Logs(ctx, r, o)
		},
	},
	"logs-hide-the-context": {
		fails: []string{"LogsFollowEndsWithContext"},
		logs: func(d *defective, ctx context.Context, r ref, o orchestrator.LogOptions) error {
			if err := d.Runtime.Logs(ctx, r, o); ctx.Err() == nil {
				return err
			}
			return errors.New("it did not work")
		},
	},
	"logs-ignore-options": {
		fails: []string{"LogsTail", "LogsLimit", "LogsTimes"},
		logs: func(d *defective, ctx context.Context, r ref, o orchestrator.LogOptions) error {
			return d.Runtime.Logs(ctx, r, orchestrator.LogOptions{Follow: o.Follow, Stdout: o.Stdout, Stderr: o.Stderr})
		},
	},
	"no-last-words": {
		fails: []string{"LastWords", "LastWordsOfLogs"},
		list:  ends(func(_ *state, e *pod.Terminated) { e.Message = "" }),
	},

	"always-well": {
		fails: []string{"ProbeTellsSuccess", "ProbeEndsWithContext"},
		probe: func(*defective, context.Context, ref, []string) error { return nil },
	},
	"probe-hides-the-context": {
		fails: []string{"ProbeEndsWithContext"},
		probe: func(d *defective, ctx context.Context, r ref, command []string) error {
			if err := d.Runtime.Probe(ctx, r, command); err == nil {
				return nil
			}
			return errors.New("it did not work")
		},
	},
	"exec-always-succeeds": {
		fails: []string{"ExecCodes", "ExecEndsWithContext"},
		exec: func(d *defective, ctx context.Context, r ref, o orchestrator.ExecOptions) (int, error) {
			_, err := d.Runtime.Exec(ctx, r, o)
			return 0, err
		},
	},
	"exec-mixes-streams": {
		fails: []string{"ExecStreams"},
		exec: func(d *defective, ctx context.Context, r ref, o orchestrator.ExecOptions) (int, error) {
			o.Stderr = o.Stdout
			return d.Runtime.Exec(ctx, r, o)
		},
	},
	"exec-is-serial": {
		fails: []string{"ExecConcurrent"},
		exec: func(d *defective, ctx context.Context, r ref, o orchestrator.ExecOptions) (int, error) {
			defer d.under.Add(-1)
			if d.under.Add(1) > 1 {
				return 0, errors.New("busy")
			}
			return d.Runtime.Exec(ctx, r, o)
		},
	},
	"exec-hides-the-context": {
		fails: []string{"ExecEndsWithContext"},
		exec: func(d *defective, ctx context.Context, r ref, o orchestrator.ExecOptions) (int, error) {
			code, err := d.Runtime.Exec(ctx, r, o)
			if ctx.Err() != nil {
				err = errors.New("it did not work")
			}
			return code, err
		},
	},
	"exec-anywhere": {
		fails: []string{"ExecNeedsContainer"},
		exec: func(d *defective, ctx context.Context, r ref, o orchestrator.ExecOptions) (int, error) {
			code, err := d.Runtime.Exec(ctx, r, o)
			if errors.Is(err, orchestrator.ErrNotRunning) {
				err = nil
			}
			return code, err
		},
	},

	"attach-returns": {
		fails:  []string{"AttachEndsWithContainer", "AttachEndsWithContext"},
		attach: func(*defective, context.Context, ref, orchestrator.AttachOptions) error { return nil },
	},
	"forwards-another-port": {
		fails: []string{"PortForwardConnects"},
		forward: func(d *defective, ctx context.Context, uid string, port int) (net.Conn, error) {
			return d.Runtime.PortForward(ctx, uid, port+1)
		},
	},
	"forwards-to-nobody": {
		fails: []string{"PortForwardRefuses"},
		forward: func(d *defective, ctx context.Context, uid string, port int) (net.Conn, error) {
			conn, err := d.Runtime.PortForward(ctx, uid, port)
			if err != nil {
				conn, _ = net.Pipe()
			}
			return conn, nil
		},
	},
	"measures-nothing": {
		fails: []string{"StatsOfWhatRuns"},
		stats: func(d *defective, ctx context.Context, uid string) (orchestrator.PodStats, error) {
			stats, err := d.Runtime.Stats(ctx, uid)
			stats.Containers = nil
			return stats, err
		},
	},
}

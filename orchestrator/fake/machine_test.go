package fake_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// play starts the only container of a pod by the script, at noon.
func play(t *testing.T, s fake.Script) (*fake.Machine, *pod.Pod) {
	t.Helper()
	m := &fake.Machine{Scripts: fake.Scripts{{Attempts: []fake.Script{s}}}}
	p := newPod("web", "app")
	_, err := m.Start(p, p.Spec.Containers[0], noon)
	require.NoError(t, err)
	return m, p
}

func TestScriptEndsByItself(t *testing.T) {
	for _, test := range []struct {
		script fake.Script
		after  time.Duration
		want   string
	}{
		{fake.Script{}, 1000 * time.Hour, "web/app/0 running since 0s\n"},
		{fake.Script{Runs: time.Minute}, time.Minute - 1, "web/app/0 running since 0s\n"},
		{fake.Script{Runs: time.Minute}, time.Minute, "web/app/0 ended 0s-1m0s Completed code 0\n"},
		{fake.Script{Runs: time.Minute, ExitCode: 3}, time.Hour, "web/app/0 ended 0s-1m0s Error code 3\n"},
		{fake.Script{Runs: fake.AtOnce}, 0, "web/app/0 ended 0s-0s Completed code 0\n"},
		{fake.Script{ExitCode: 3, Message: "no config"}, 0, "web/app/0 ended 0s-0s Error code 3 \"no config\"\n"},
		{fake.Script{Signal: 11}, 0, "web/app/0 ended 0s-0s Error code 139 signal 11\n"},
		{fake.Script{Runs: time.Second, OOM: true}, time.Hour, "web/app/0 ended 0s-1s OOMKilled code 137 signal 9\n"},
		{fake.Script{ExitCode: 127, Reason: "StartError"}, 0, "web/app/0 ended 0s-0s StartError code 127\n"},
		{fake.Script{StartDelay: time.Minute}, time.Minute - 1, ""},
		{fake.Script{StartDelay: time.Minute}, time.Minute, "web/app/0 running since 1m0s\n"},
		{fake.Script{StartDelay: time.Minute, Runs: time.Minute}, time.Hour, "web/app/0 ended 1m0s-2m0s Completed code 0\n"},
		{fake.Script{VolumeFault: "disk gone", VolumeFaultAfter: time.Minute}, time.Minute - 1, "web/app/0 running since 0s\n"},
		{fake.Script{VolumeFault: "disk gone", VolumeFaultAfter: time.Minute}, time.Minute, "web/app/0 running since 0s volume: disk gone\n"},
		{fake.Script{VolumeFault: "disk gone", VolumeFaultAfter: time.Minute, Runs: time.Second}, time.Hour, "web/app/0 ended 0s-1s Completed code 0\n"},
		{fake.Script{VolumeFault: "disk gone", VolumeFaultAfter: time.Second, Runs: time.Minute}, time.Hour, "web/app/0 ended 0s-1m0s Completed code 0 volume: disk gone\n"},
	} {
		m, _ := play(t, test.script)
		require.Equal(t, test.want, text(m.List(noon.Add(test.after))), "%+v after %v", test.script, test.after)
	}
}

func TestStopEndsByScript(t *testing.T) {
	const grace = 30 * time.Second
	for _, test := range []struct {
		name   string
		script fake.Script
		grace  time.Duration
		want   string // stopped one minute after noon
	}{
		{"dies of the signal", fake.Script{}, grace, "web/app/0 ended 0s-1m0s Error code 143 signal 15\n"},
		{"in good order", fake.Script{Graceful: true}, grace, "web/app/0 ended 0s-1m0s Completed code 0\n"},
		{"slowly", fake.Script{Graceful: true, StopDelay: 29 * time.Second}, grace, "web/app/0 ended 0s-1m29s Completed code 0\n"},
		{"just in time", fake.Script{Graceful: true, StopDelay: grace}, grace, "web/app/0 ended 0s-1m30s Completed code 0\n"},
		{"too slowly", fake.Script{Graceful: true, StopDelay: 31 * time.Second}, grace, "web/app/0 ended 0s-1m30s Error code 137 signal 9\n"},
		{"not", fake.Script{IgnoresTerm: true}, grace, "web/app/0 ended 0s-1m30s Error code 137 signal 9\n"},
		{"without grace", fake.Script{Graceful: true}, 0, "web/app/0 ended 0s-1m0s Error code 137 signal 9\n"},
		{"negative grace", fake.Script{Graceful: true}, -grace, "web/app/0 ended 0s-1m0s Error code 137 signal 9\n"},
		{"ends by itself first", fake.Script{IgnoresTerm: true, Runs: 70 * time.Second, ExitCode: 3}, grace, "web/app/0 ended 0s-1m10s Error code 3\n"},
		{"had ended", fake.Script{Runs: time.Second}, grace, "web/app/0 ended 0s-1s Completed code 0\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, p := play(t, test.script)
			done, err := m.Stop(ref(p), test.grace, noon.Add(time.Minute))
			require.NoError(t, err)
			if done.After(noon.Add(time.Minute)) {
				require.Len(t, m.Live(done.Add(-1)), 1, "it lives until it is done")
			}
			require.Empty(t, m.Live(done))
			require.Equal(t, test.want, text(m.List(done)))
			require.Zero(t, m.Next())
		})
	}
}

func TestSecondStopOnlyBringsTheEndNearer(t *testing.T) {
	m, p := play(t, fake.Script{IgnoresTerm: true})
	stop := func(grace time.Duration, at time.Duration) time.Duration {
		done, err := m.Stop(ref(p), grace, noon.Add(at))
		require.NoError(t, err)
		return done.Sub(noon)
	}
	require.Equal(t, time.Minute, stop(time.Minute, 0))
	require.Equal(t, time.Minute, stop(time.Minute, time.Second))
	require.Equal(t, 12*time.Second, stop(10*time.Second, 2*time.Second))
	require.Equal(t, 12*time.Second, stop(time.Hour, 3*time.Second))
	require.Equal(t, 4*time.Second, stop(0, 4*time.Second))
	require.Equal(t, 5*time.Second, stop(0, 5*time.Second), "it has ended")
	require.Equal(t, "web/app/0 ended 0s-4s Error code 137 signal 9\n", text(m.List(noon.Add(time.Hour))))
}

func TestStartHappensOnce(t *testing.T) {
	m, p := play(t, fake.Script{StartDelay: 10 * time.Second, Runs: time.Minute})
	c := p.Spec.Containers[0]
	for _, at := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second, time.Hour} {
		now := noon.Add(at)
		done, err := m.Start(p, c, now)
		require.NoError(t, err)
		if at < 10*time.Second {
			require.Equal(t, noon.Add(10*time.Second), done, "it joins the start under way")
		} else {
			require.Equal(t, now, done)
		}
	}
	require.Equal(t, 1, m.Starts(ref(p)))
	require.Equal(t, "web/app/0 ended 10s-1m10s Completed code 0\n", text(m.List(noon.Add(time.Hour))))
	require.NoError(t, m.Check(noon.Add(time.Hour)))
}

func TestStartRefuses(t *testing.T) {
	m, p := play(t, fake.Script{})
	c := p.Spec.Containers[0]

	nobody := newPod("nobody", "app")
	nobody.UID = ""
	_, err := m.Start(nobody, c, noon)
	require.EqualError(t, err, `start container "default/nobody/app" attempt 0: the pod has no uid or the container no name`)

	_, err = m.Start(try(p, 3), c, noon)
	require.NoError(t, err)
	_, err = m.Start(try(p, 2), c, noon)
	require.EqualError(t, err, `start container "default/web/app" attempt 2: attempt 3 came after it`)
	_, err = m.Start(p, c, noon)
	require.NoError(t, err, "attempt 0 ran once")

	require.Equal(t, 1, m.Break("web", "disk gone", noon))
	_, err = m.Start(try(p, 4), c, noon)
	require.EqualError(t, err, `start container "default/web/app" attempt 4: FailedMount: disk gone`)
	m.Break("web", "", noon)
	_, err = m.Start(try(p, 4), c, noon)
	require.NoError(t, err)
}

func TestEachTryHasItsScript(t *testing.T) {
	pull := &orchestrator.StartError{Reason: "ErrImagePull", Err: errors.New("no route to registry")}
	m := &fake.Machine{Scripts: fake.Scripts{{Image: "app", Attempts: []fake.Script{
		{StartErr: pull, StartDelay: 20 * time.Second},
		{ExitCode: 1},
		{StartErr: pull},
		{ExitCode: 2},
	}}}}
	p := newPod("web", "app")
	c := p.Spec.Containers[0]
	start := func(n int, at time.Duration) (time.Duration, error) {
		done, err := m.Start(try(p, n), c, noon.Add(at))
		return done.Sub(noon), err
	}

	done, err := start(0, 0)
	require.Equal(t, 20*time.Second, done)
	require.ErrorIs(t, err, pull)
	again, err := start(0, time.Second)
	require.Equal(t, done, again, "the try under way")
	require.ErrorIs(t, err, pull)
	require.Empty(t, m.List(noon.Add(done)))
	require.Equal(t, []string{"uid-web"}, m.Pods(), "what it prepared is there")

	_, err = start(0, 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, "web/app/0 ended 30s-30s Error code 1\n", text(m.List(noon.Add(time.Minute))))

	_, err = start(1, time.Minute)
	require.ErrorIs(t, err, pull)
	for n := 1; n < 4; n++ { // the last script repeats
		at := time.Duration(n) * time.Hour
		_, err = start(n, at)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("web/app/%d ended %v-%v Error code 2\n", n, at, at), text(m.List(noon.Add(at))), "the newest that ended")
	}
}

func TestChooseComesFirst(t *testing.T) {
	m := &fake.Machine{
		Scripts: fake.Scripts{{Attempts: []fake.Script{{ExitCode: 1}}}},
		Choose: func(p *pod.Pod, c *pod.Container, try int) (fake.Script, bool) {
			return fake.Script{ExitCode: 40 + try}, try > 0
		},
	}
	p := newPod("web", "app")
	for n, code := range []int{1, 41, 42} {
		_, err := m.Start(try(p, n), p.Spec.Containers[0], noon)
		require.NoError(t, err)
		require.Equal(t, code, m.List(noon)[0].State.Terminated.ExitCode)
	}
}

func TestStopAndRemoveOvertakeStart(t *testing.T) {
	m, p := play(t, fake.Script{StartDelay: time.Minute})
	done, err := m.Stop(ref(p), time.Hour, noon)
	require.NoError(t, err)
	require.Equal(t, noon, done)
	require.Zero(t, m.Next())

	_, err = m.Start(p, p.Spec.Containers[0], noon)
	require.NoError(t, err)
	m.Remove(p.UID, noon)
	require.Zero(t, m.Next())
	require.Empty(t, m.Pods())
	require.Zero(t, m.Starts(ref(p)))
}

func TestListKeepsTheNewestEnd(t *testing.T) {
	m := &fake.Machine{Scripts: fake.Scripts{{Image: "app", Attempts: []fake.Script{{Runs: time.Second}}}}}
	p := newPod("web", "app", "side")
	for _, c := range p.Spec.Containers {
		_, err := m.Start(p, c, noon)
		require.NoError(t, err)
	}
	_, err := m.Start(try(p, 1), p.Spec.Containers[0], noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, "web/app/0 ended 0s-1s Completed code 0\nweb/app/1 running since 1m0s\nweb/side/0 running since 0s\n", text(m.List(noon.Add(time.Minute))))
	require.Equal(t, "web/app/1 ended 1m0s-1m1s Completed code 0\nweb/side/0 running since 0s\n", text(m.List(noon.Add(time.Hour))))
}

func TestFromOutside(t *testing.T) {
	m := &fake.Machine{Scripts: fake.Scripts{{Pod: "deaf", Attempts: []fake.Script{{IgnoresTerm: true}}}, {Pod: "slow", Attempts: []fake.Script{{StopDelay: time.Second}}}}}
	for _, name := range []string{"deaf", "slow", "web"} {
		p := newPod(name, "app", "side")
		for _, c := range p.Spec.Containers {
			_, err := m.Start(p, c, noon)
			require.NoError(t, err)
		}
	}
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	require.Equal(t, 3, m.Kill("", "app", 15, at(1)), "a request to all")
	require.Equal(t, 1, m.Kill("default/web", "", 9, at(1)), "app has ended already")
	require.Equal(t, 1, m.End("uid-slow", "*", fake.Script{OOM: true}, at(2)), "app ends at this very moment")
	require.Equal(t, 1, m.Break("de*", "disk gone", at(3)))
	require.Zero(t, m.Kill("nobody", "", 9, at(3)))
	require.Equal(t, `deaf/app/0 running since 0s volume: disk gone
deaf/side/0 running since 0s volume: disk gone
slow/app/0 ended 0s-2s Error code 143 signal 15
slow/side/0 ended 0s-2s OOMKilled code 137 signal 9
web/app/0 ended 0s-1s Error code 143 signal 15
web/side/0 ended 0s-1s Error code 137 signal 9
`, text(m.List(at(4))))

}

func TestDownForgetsAll(t *testing.T) {
	for _, s := range []fake.Script{{}, {Runs: time.Hour}, {StartDelay: time.Minute}} {
		m, p := play(t, s)
		starts := m.Starts(ref(p))
		m.Down(noon.Add(time.Second))
		require.Zero(t, m.Next())
		require.Empty(t, m.Pods())
		require.Empty(t, m.List(noon.Add(2*time.Hour)))
		require.Equal(t, starts, m.Starts(ref(p)), "nothing of before begins later")
	}
}

func TestCheckFindsWhatTheCallerBroke(t *testing.T) {
	m, p := play(t, fake.Script{})
	c := p.Spec.Containers[0]
	m.Down(noon)
	_, err := m.Start(p, c, noon)
	require.NoError(t, err)
	require.Equal(t, 2, m.Starts(ref(p)))
	require.NoError(t, m.Check(noon), "a machine that lost its memory may be told again")

	_, err = m.Start(try(p, 1), c, noon)
	require.NoError(t, err)
	require.EqualError(t, m.Check(noon), `check machine: invariant 2: container "app" attempt 0 of pod "uid-web" and attempt 1 are both alive`)

	m.Remove(p.UID, noon)
	_, err = m.Start(try(p, 1), c, noon)
	require.NoError(t, err)
	require.EqualError(t, m.Check(noon), `check machine: invariant 1: container "app" attempt 1 of pod "uid-web" was executed twice`)
}

func TestProbe(t *testing.T) {
	m, p := play(t, fake.Script{WellAfter: 10 * time.Second, SickAfter: time.Minute, Runs: time.Hour})
	for at, want := range map[time.Duration]string{
		0: "not well yet", 9 * time.Second: "not well yet", 10 * time.Second: "", 59 * time.Second: "", time.Minute: "sick",
	} {
		err := m.Probe(ref(p), noon.Add(at))
		if want == "" {
			require.NoError(t, err, at)
		} else {
			require.EqualError(t, err, `probe container "app" attempt 0 of pod "uid-web": `+want)
		}
	}
	require.ErrorContains(t, m.Probe(ref(p), noon.Add(time.Hour)), "it does not run")
}

// TestRandomCalls makes random calls from one seed, and checks what holds for
// every machine: two of them with the same calls are the same; nothing changes
// between now and Next; Stop and Remove do what they say; nothing runs twice.
func TestRandomCalls(t *testing.T) {
	for seed := range uint64(200) {
		first, second := randomCalls(t, seed), randomCalls(t, seed)
		require.Equal(t, first, second, "seed %d", seed)
		if seed > 0 {
			require.NotEqual(t, first, randomCalls(t, seed-1), "seed %d", seed)
		}
	}
}

func randomCalls(t *testing.T, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	upTo := func(s int) time.Duration { return time.Duration(r.IntN(s+1)) * time.Second }
	m := &fake.Machine{Choose: func(*pod.Pod, *pod.Container, int) (fake.Script, bool) {
		s := fake.Script{Runs: upTo(20), StartDelay: upTo(2), StopDelay: upTo(8), IgnoresTerm: r.IntN(4) == 0, ExitCode: r.IntN(2)}
		if r.IntN(5) == 0 {
			s.StartErr = errors.New("no")
		}
		if r.IntN(5) == 0 {
			s.VolumeFault, s.VolumeFaultAfter = "gone", upTo(10)
		}
		return s, true
	}}
	pods := []*pod.Pod{newPod("a", "x"), newPod("b", "x"), newPod("c", "x")}
	attempts := make([]int, len(pods))
	now, history := noon, ""
	for range 100 {
		i := r.IntN(len(pods))
		p := try(pods[i], attempts[i])
		switch r.IntN(8) {
		case 0, 1, 2:
			_, err := m.Start(p, p.Spec.Containers[0], now)
			history += fmt.Sprintln("start", err)
		case 3:
			if len(m.List(now)) > 0 && !alive(m, ref(p), now) && m.Starts(ref(p)) > 0 {
				attempts[i]++
			}
		case 4:
			grace := upTo(10)
			done, err := m.Stop(ref(p), grace, now)
			require.NoError(t, err)
			require.False(t, done.After(now.Add(grace)), "seed %d: stop takes longer than grace", seed)
			now = done
			require.False(t, alive(m, ref(p), now), "seed %d: it is alive when Stop is done", seed)
		case 5:
			m.Kill(p.Name, "", 9, now)
			require.False(t, alive(m, ref(p), now))
		case 6:
			if r.IntN(4) > 0 {
				break
			}
			m.Remove(p.UID, now)
			require.NotContains(t, m.Pods(), p.UID)
			pods[i] = newPod(fmt.Sprint(p.Name, "'"), "x")
			attempts[i] = 0
		default:
			next := m.Next()
			before := text(m.List(now))
			if !next.IsZero() {
				require.True(t, next.After(now), "seed %d: what was due has happened", seed)
				require.Equal(t, before, text(m.List(next.Add(-1))), "seed %d: nothing changes before Next", seed)
			}
			now = now.Add(upTo(5))
		}
		require.NoError(t, m.Check(now), "seed %d", seed)
		history += text(m.List(now))
	}
	return history
}

func alive(m *fake.Machine, ref orchestrator.ContainerRef, now time.Time) bool {
	for _, live := range m.Live(now) {
		if live == ref {
			return true
		}
	}
	return false
}

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded"
	"fndeck/client/pack"
)

// soak is an engine under a mixed load.
type soak struct {
	*testing.T
	b     *embedded.Backend
	dir   string
	ctx   context.Context
	calls atomic.Int64
	wg    sync.WaitGroup
}

// The tempo of the load: about half of what two cores can do, so that what grows
// is not a queue.
const (
	callPause     = 40 * time.Millisecond
	slowPause     = 500 * time.Millisecond
	redeployPause = 3 * time.Second
	sampleEvery   = time.Second
	// growth is how much more the last third of the time may show than the first.
	growth = 1.10
)

// TestAnEngineUnderLoadStaysAsItIs runs for as long as FNDECK_SOAK says, which
// make soak sets: calls in all modes, that print, fail and time out, redeploys,
// deploys and deletes, schedules, and readers of logs that come and go.
func TestAnEngineUnderLoadStaysAsItIs(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("FNDECK_SOAK"))
	if err != nil {
		t.Skip("make soak runs this")
	}
	needPython(t)
	s := newSoak(t, length)
	samples := s.run(length)
	t.Logf("%d calls", s.calls.Load())
	warm := samples[len(samples)/10:]
	third := len(warm) / 3
	require.Positive(t, third, "too short to tell")
	failed := false
	for _, series := range []struct {
		name  string
		slack float64 // what small numbers may differ by
		of    func(sample) float64
	}{
		{"engine MiB", 2, func(x sample) float64 { return x.engineMiB }},
		{"functions MiB", 8, func(x sample) float64 { return x.functionsMiB }},
		{"descriptors", 4, func(x sample) float64 { return x.descriptors }},
		{"goroutines", 4, func(x sample) float64 { return x.goroutines }},
		{"processes", 2, func(x sample) float64 { return x.processes }},
	} {
		first, last := medianOf(warm[:third], series.of), medianOf(warm[len(warm)-third:], series.of)
		t.Logf("%-14s first third %8.1f, last third %8.1f", series.name, first, last)
		if !assert.LessOrEqual(t, last, first*growth+series.slack, "%s grow", series.name) {
			failed = true
		}
	}
	if failed || testing.Verbose() {
		t.Log("\n" + table(samples))
	}
}

// newSoak starts the shipped binary as an engine with a short time limit.
func newSoak(t *testing.T, length time.Duration) *soak {
	home, bin := t.TempDir(), binary(t)
	ctx, cancel := context.WithTimeout(context.Background(), length+5*time.Minute)
	t.Cleanup(cancel)
	s := &soak{T: t, dir: filepath.Join(home, "state"), ctx: ctx}
	engine := exec.Command(filepath.Join(bin, "fndeck"), "engine", "--call-timeout", "1s")
	engine.Env, engine.Dir = homeless(home, bin), home
	said, err := os.Create(filepath.Join(home, "said"))
	require.NoError(t, err)
	engine.Stderr = said
	require.NoError(t, engine.Start())
	t.Setenv("TMPDIR", home) // the place of the socket, as the engine sees it
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Cleanup(func() {
		assert.NoError(t, embedded.Stop(context.WithoutCancel(ctx), s.dir))
		assert.NoError(t, engine.Wait())
		assert.NoError(t, said.Close())
	})
	require.Eventually(t, func() bool { _, err := embedded.Status(ctx, s.dir); return err == nil }, time.Minute, 20*time.Millisecond)
	s.b, err = embedded.Open(ctx, embedded.Options{StateDir: s.dir, NoStart: true, Clock: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.b.Close()) })
	return s
}

func (s *soak) code(source string) client.Package {
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(source)})
	require.NoError(s, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip)}
}

func (s *soak) deploy(ctx context.Context, name, source string) (client.Function, error) {
	f, err := s.b.Deploy(ctx, client.FunctionSpec{Name: name}, s.code(source), nil)
	if err == nil {
		f, err = action.AwaitReady(ctx, s.b, f.ID, nil)
	}
	return f, err
}

func (s *soak) must(name, source string) client.Function {
	s.Helper()
	f, err := s.deploy(s.ctx, name, source)
	require.NoError(s, err)
	_, err = s.b.CreateSchedule(s.ctx, client.ScheduleSpec{Name: name, FunctionID: f.ID, Cron: "* * * * *"})
	require.NoError(s, err)
	return f
}

// run loads the engine for a while and returns what it took meanwhile.
func (s *soak) run(length time.Duration) (samples []sample) {
	prints := "def handle(data):\n    for i in range(20):\n        print('line', i)\n    return data\n"
	isolated, warm := s.must("isolated", prints), s.must("warm", prints)
	_, err := s.b.SetMode(s.ctx, warm.ID, client.ModeWarm, 4)
	require.NoError(s, err)
	cold := s.must("cold", "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"+prints)
	fails := s.must("fails", "def handle(data):\n    raise ValueError('x' * 1000)\n")
	dies := s.must("dies", "import os\ndef handle(data):\n    os._exit(3)\n")
	hangs := s.must("hangs", "import subprocess, time\ndef handle(data):\n    subprocess.Popen(['sleep', '1000'])\n    time.sleep(1000)\n")
	changes := s.must("changes", prints)

	ctx, stop := context.WithCancel(s.ctx)
	s.every(ctx, callPause, func() error { return s.call(ctx, isolated, client.CallCompleted) })
	s.every(ctx, callPause, func() error { return s.call(ctx, warm, client.CallCompleted) })
	s.every(ctx, callPause, func() error { return s.call(ctx, warm, client.CallCompleted) })
	s.every(ctx, 4*callPause, func() error { return s.call(ctx, cold, client.CallCompleted) })
	s.every(ctx, 4*callPause, func() error { return s.call(ctx, fails, client.CallFailed) })
	s.every(ctx, 4*callPause, func() error { return s.call(ctx, dies, client.CallFailed) })
	s.every(ctx, slowPause, func() error { return s.call(ctx, hangs, client.CallTimeout) })
	s.every(ctx, redeployPause, func() error {
		_, err := s.b.Redeploy(ctx, changes.ID, s.code(fmt.Sprintf("x = %d\n%s", time.Now().UnixNano(), prints)), client.SpecChange{}, nil)
		if err == nil {
			_, err = action.AwaitReady(ctx, s.b, changes.ID, nil)
		}
		return err
	})
	s.every(ctx, redeployPause, func() error { return s.comeAndGo(ctx, prints) })
	s.every(ctx, slowPause, func() error { return s.follow(ctx, isolated) })
	s.every(ctx, slowPause, func() error { return s.list(ctx) })
	samples = s.sample(length)
	stop()
	s.wg.Wait()
	return samples
}

// every does something again and again, with a pause, until ctx ends.
func (s *soak) every(ctx context.Context, pause time.Duration, what func() error) {
	s.wg.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := what(); err != nil && ctx.Err() == nil {
				assert.NoError(s, err)
			}
		}
	})
}

func (s *soak) call(ctx context.Context, f client.Function, want client.CallStatus) error {
	c, err := s.b.Invoke(ctx, client.CallRequest{FunctionID: f.ID, Data: json.RawMessage(`{"n": 1}`)})
	if err != nil {
		return err
	}
	c, err = s.b.WaitCall(ctx, f.ID, c.ID)
	if err == nil && c.Status != want {
		return fmt.Errorf("call of %s is %s: %v", f.Name, c.Status, c.Error)
	}
	s.calls.Add(1)
	return err
}

// comeAndGo is the life of a function: deployed, scheduled, called, deleted.
func (s *soak) comeAndGo(ctx context.Context, source string) error {
	f, err := s.deploy(ctx, "passing", source)
	if err != nil {
		return err
	}
	_, err = s.b.CreateSchedule(ctx, client.ScheduleSpec{Name: "passing", FunctionID: f.ID, Cron: "* * * * *"})
	return errors.Join(err, s.call(ctx, f, client.CallCompleted), s.b.Delete(ctx, f.ID))
}

// follow reads the log of a call to its end, and that of everything for a while.
func (s *soak) follow(ctx context.Context, f client.Function) error {
	c, err := s.b.Invoke(ctx, client.CallRequest{FunctionID: f.ID})
	if err != nil {
		return err
	}
	if err := s.b.FollowLogs(ctx, client.LogQuery{CallID: c.ID}, func([]client.LogLine) error { return nil }); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, slowPause)
	defer cancel()
	err = s.b.FollowLogs(ctx, client.LogQuery{Tail: 10}, func([]client.LogLine) error { return nil })
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// list reads what a console shows.
func (s *soak) list(ctx context.Context) error {
	_, err := s.b.Functions(ctx)
	_, callsErr := s.b.Calls(ctx, client.CallQuery{Limit: 100})
	_, timersErr := s.b.Schedules(ctx, "")
	return errors.Join(err, callsErr, timersErr)
}

// sample is what the engine and its functions take at one moment.
type sample struct {
	at                                                          time.Duration
	engineMiB, functionsMiB, descriptors, goroutines, processes float64
}

func (s *soak) sample(length time.Duration) (samples []sample) {
	begun := time.Now()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for time.Since(begun) < length {
		<-tick.C
		status, err := embedded.Status(s.ctx, s.dir)
		require.NoError(s, err)
		x := sample{
			at: time.Since(begun), engineMiB: float64(status.Process.ResidentBytes) / (1 << 20),
			descriptors: float64(status.Process.Descriptors), goroutines: float64(status.Process.Goroutines),
		}
		for _, pid := range childrenOf(status.PID) { // zygotes; their calls come and go
			x.processes++
			x.functionsMiB += residentMiB(pid)
		}
		samples = append(samples, x)
	}
	return samples
}

func childrenOf(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is well formed
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has ended has none
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

func residentMiB(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)) // none is 0: it has ended
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseFloat(fields[1], 64) // the kernel writes numbers
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

func medianOf(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, 0, len(samples))
	for _, x := range samples {
		values = append(values, of(x))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// table shows up to thirty of the samples.
func table(samples []sample) string {
	const rows = 30
	var b strings.Builder
	fmt.Fprintln(&b, "   after   engine  functions  descriptors  goroutines  processes")
	for i := 0; i < len(samples); i += max(1, len(samples)/rows) {
		x := samples[i]
		fmt.Fprintf(&b, "%8s %5.1f MiB %6.1f MiB %12.0f %11.0f %10.0f\n", x.at.Round(time.Second), x.engineMiB, x.functionsMiB, x.descriptors, x.goroutines, x.processes)
	}
	return b.String()
}

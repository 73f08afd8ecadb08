package views

import (
	"encoding/json"
	"fmt"
	"time"

	"fndeck/client"
)

// bubbleStart is when the clock of a synctest bubble starts.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// sampleBackend is a backend that looks like a working day, at the time now.
func sampleBackend(now time.Time) *fakeBackend {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	call := func(status client.CallStatus, d time.Duration) *client.CallSummary {
		return &client.CallSummary{ID: "c-" + fmt.Sprint(int(d.Minutes())), Status: status, Started: ago(d)}
	}
	f := &fakeBackend{description: client.Description{
		Kind: "embedded", Name: "local", Endpoint: "engine.sock", Isolation: "isolation: none",
	}}
	f.functions = []client.Function{
		{
			ID: "f1", Name: "ingest-pi", Status: client.FunctionReady, Version: 12, Runtime: "py312", Folder: "/src/ingest-pi", DeployID: "d1", FunctionPath: "handler.py", Mode: "isolated",
			Created: ago(300 * time.Hour), LastCall: call(client.CallCompleted, 2*time.Minute), P95: 810 * time.Millisecond, Schedules: 3, SizeBytes: 41_200, Owner: "kari@acme.no",
		},
		{
			ID: "f2", Name: "ingest-ims", Status: client.FunctionReady, Version: 7, DeployingVersion: 8, DeployStarted: ago(42 * time.Second), DeployID: "d2", Runtime: "py311",
			Created: ago(500 * time.Hour), LastCall: call(client.CallFailed, time.Hour), P95: 2400 * time.Millisecond, Schedules: 1, SizeBytes: 1_900_000,
		},
		{
			ID: "f3", Name: "ingest-score", Status: client.FunctionFailed, DeployID: "d3", Runtime: "py312", Error: &client.Failure{Message: "no matching distribution for pandass"},
			Created: ago(80 * time.Hour), Schedules: 0,
		},
		{
			ID: "f4", Name: "nightly-report", Status: client.FunctionReady, Version: 3, DeployID: "d4", Runtime: "py312", Error: &client.Failure{Message: "handler.py line 12: invalid syntax"},
			Created: ago(40 * 24 * time.Hour), LastCall: call(client.CallTimeout, 9*time.Hour), P95: 61 * time.Second, Schedules: 1, SizeBytes: 12_000,
		},
		{
			ID: "f5", Name: "anomaly-detect", Status: "Hibernating", Version: 44, Runtime: "py312",
			Created: ago(30 * 24 * time.Hour), LastCall: call(client.CallRunning, 20*time.Second), Schedules: -1,
		},
	}
	for i := range 30 {
		c := client.Call{
			ID: fmt.Sprintf("c-%d", 900-i), FunctionID: "f1", FunctionName: "ingest-pi", Status: client.CallCompleted, Started: ago(time.Duration(i) * 7 * time.Minute),
			Duration: time.Duration(300+i*37) * time.Millisecond, Version: 12, Preview: `{"rows": 1204, "skipped": 0}`, LogLines: int64(i * 3), MaxRSSBytes: 48_000_000,
		}
		switch {
		case i == 0:
			c.Status, c.Duration, c.Preview = client.CallRunning, 0, ""
		case i%6 == 2:
			c.Status, c.Preview, c.Error = client.CallFailed, "", &client.Failure{Message: "KeyError: 'tag'", Trace: "Traceback (most recent call last):\n  File \"handler.py\", line 31, in handle\n    tag = data['tag']\nKeyError: 'tag'"}
		case i%4 == 1:
			c.FunctionID, c.FunctionName, c.ScheduleID, c.ScheduleName = "f4", "nightly-report", "s2", "nightly"
		}
		f.calls = append(f.calls, c)
	}
	f.schedules = []client.Schedule{
		{ID: "s1", Name: "hourly", FunctionID: "f1", FunctionName: "ingest-pi", Cron: "0 * * * *", Created: ago(90 * time.Hour), LastCall: call(client.CallCompleted, 30*time.Minute), Data: json.RawMessage(`{"asset": 42}`)},
		{ID: "s2", Name: "nightly", FunctionID: "f4", FunctionName: "nightly-report", Cron: "30 6 * * 1-5", Created: ago(900 * time.Hour), LastCall: call(client.CallTimeout, 9*time.Hour), Missed: 4},
		{ID: "s3", Name: "strange", FunctionID: "f2", FunctionName: "ingest-ims", Cron: "every tuesday", Created: ago(time.Hour), Missed: -1},
	}
	f.schedules[0].Overlap, f.schedules[0].CatchUp = client.OverlapQueue, client.CatchUpOnce
	f.schedules[0].Queued = ago(2 * time.Minute)
	f.runs = []client.ScheduleRun{
		{ScheduleID: "s1", Due: ago(2 * time.Minute), Status: client.RunQueued, Reason: "waits for the previous run"},
		{ScheduleID: "s1", Due: ago(20 * time.Minute), Status: "Completed", CallID: "c-900", Reason: "run by hand"},
		{ScheduleID: "s1", Due: ago(30 * time.Minute), Status: "Completed", CallID: "c-899"},
		{ScheduleID: "s1", Due: ago(90 * time.Minute), Status: client.RunMissed, Reason: "the engine was not running; caught up by call c-899", Count: 3, Last: ago(61 * time.Minute)},
		{ScheduleID: "s1", Due: ago(5 * time.Hour), Status: client.RunSkipped, Reason: "the run before had not ended"},
		{ScheduleID: "s1", Due: ago(7 * time.Hour), Status: client.RunReplaced, Reason: "until then 0 * * * *, as schedule s0"},
	}
	f.versions = []client.Version{
		{FunctionID: "f1", Number: 12, Status: client.FunctionReady, Serving: true, Runtime: "py312", SizeBytes: 41_200, Created: ago(3 * time.Hour), CodeSHA256: "ab12"},
		{FunctionID: "f1", Number: 11, Status: client.FunctionFailed, Runtime: "py312", SizeBytes: 40_000, Created: ago(5 * time.Hour), Error: &client.Failure{Message: "no module named requests"}},
		{FunctionID: "f1", Number: 10, Status: client.FunctionReady, Runtime: "py312", SizeBytes: 39_000, Created: ago(50 * time.Hour)},
	}
	for i := range 200 {
		f.lines = append(f.lines, client.LogLine{
			Position: int64(i + 1), Time: ago(time.Duration(200-i) * 3 * time.Second), Stream: "stdout",
			Text: fmt.Sprintf("INFO fetched page %d of 200 from historian, %d points", i+1, i*37), CallID: "c-900", FunctionID: "f1", FunctionName: "ingest-pi",
		})
	}
	f.result = client.Result{
		Data:     json.RawMessage(`{"asset":42,"since":"2026-03-27T00:00:00Z"}`),
		Response: json.RawMessage(`{"rows":1204,"skipped":0,"big":9007199254740993,"tags":["pi:101","pi:102"],"ok":true,"next":null}`),
	}
	return f
}

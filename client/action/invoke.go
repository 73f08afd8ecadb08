package action

import (
	"context"
	"encoding/json"
	"fmt"

	"fndeck/client"
	"fndeck/client/jsondata"
)

// Invoke calls a function with JSON data.
var Invoke = Action{
	ID:       "functions.call",
	Label:    "call",
	Help:     "Call the function with JSON data.",
	Danger:   Safe,
	Acts:     true,
	Disabled: notServing,
	Run:      invoke,
}

// notServing is the disabled reason of a call to a function that nothing
// answers for. A status that is not one of ours is left for the backend to judge.
func notServing(target Target) string {
	if reason := needsFunction(target); reason != "" {
		return reason
	}
	f := target.Function
	if f.Version > 0 {
		return ""
	}
	switch f.Status {
	case client.FunctionQueued, client.FunctionDeploying:
		return fmt.Sprintf("%s is %s: no version serves yet", f.Name, f.Status)
	case client.FunctionFailed:
		return fmt.Sprintf("%s is Failed: no version serves", f.Name)
	}
	return ""
}

// invoke checks the data as the backend would before anything is sent. A call
// is never sent twice: an error of CodeUnknownOutcome is handed on as it is.
func invoke(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "call")
	if err != nil {
		return Outcome{}, err
	}
	data, warnings, err := checkData(backend, values.Data)
	if err != nil {
		return Outcome{}, err
	}
	call, err := backend.Invoke(ctx, client.CallRequest{FunctionID: f.ID, Data: data})
	if err != nil {
		return Outcome{}, fmt.Errorf("call %s: %w", f.Name, err)
	}
	return Outcome{Sentence: fmt.Sprintf("call %s of %s is accepted", call.ID, f.Name), Call: &call, Warnings: warnings}, nil
}

// checkData validates what the operator typed as the data of a call or a
// schedule. No data at all is nil and means {}.
func checkData(backend client.Backend, data json.RawMessage) (json.RawMessage, []string, error) {
	if data == nil {
		return nil, nil, nil
	}
	report, err := jsondata.Check(data, DataRules(backend))
	if err != nil {
		return nil, nil, err
	}
	return report.Data, report.Warnings, nil
}

// DataRules are what a backend takes as the data of a call.
func DataRules(backend client.Backend) jsondata.Options {
	d := backend.Describe()
	return jsondata.Options{MustBeObject: true, UniqueKeys: d.UniqueKeys, LimitBytes: d.DataLimitBytes}
}

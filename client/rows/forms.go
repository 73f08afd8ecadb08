package rows

import "fndeck/client"

// FunctionForm names the form of Functions to a reader from elsewhere: another name
// stands for other fields, or the same in another order.
const FunctionForm = "4"

// Functions is the form of functions.
func Functions(c *Coder, f, before *client.Function) {
	Text(c, &f.ID, before.ID)
	Text(c, &f.NativeID, before.NativeID)
	Text(c, &f.Name, before.Name)
	c.Time(&f.Created, before.Created)
	c.lastCall(&f.LastCall, before.LastCall)
	Number(c, &f.P95, before.P95)
	Text(c, &f.ExternalID, before.ExternalID)
	Text(c, &f.Description, before.Description)
	Text(c, &f.DeployID, before.DeployID)
	c.Time(&f.DeployStarted, before.DeployStarted)
	Number(c, &f.UsualDeploy, before.UsualDeploy)
	Text(c, &f.Folder, before.Folder)
	c.Pairs(&f.Metadata, before.Metadata)
	if !c.Alike() {
		return
	}
	Text(c, &f.Owner, before.Owner)
	Text(c, &f.Status, before.Status)
	c.failure(&f.Error, before.Error)
	Number(c, &f.Version, before.Version)
	Number(c, &f.DeployingVersion, before.DeployingVersion)
	Text(c, &f.Runtime, before.Runtime)
	Text(c, &f.RuntimeVersion, before.RuntimeVersion)
	Text(c, &f.Isolation, before.Isolation)
	Text(c, &f.Mode, before.Mode)
	Text(c, &f.ModeReason, before.ModeReason)
	Number(c, &f.Workers, before.Workers)
	Text(c, &f.FunctionPath, before.FunctionPath)
	c.Texts(&f.SecretNames, before.SecretNames)
	c.Pairs(&f.EnvVars, before.EnvVars)
	c.Flag(&f.HasIndex, before.HasIndex)
	Number(c, &f.ExtraIndexes, before.ExtraIndexes)
	Text(c, &f.Environment, before.Environment)
	c.Float(&f.CPU, before.CPU)
	c.Float(&f.MemoryGB, before.MemoryGB)
	Number(c, &f.SizeBytes, before.SizeBytes)
	Number(c, &f.Schedules, before.Schedules)
	Text(c, &f.Context, before.Context)
	c.Flag(&f.Interrupted, before.Interrupted)
	Number(c, &f.DeployTries, before.DeployTries)
}

// Calls is the form of calls.
func Calls(c *Coder, call, before *client.Call) {
	Text(c, &call.ID, before.ID)
	c.Time(&call.Started, before.Started)
	c.Time(&call.Ended, before.Ended)
	c.Time(&call.Scheduled, before.Scheduled)
	Number(c, &call.Duration, before.Duration)
	Text(c, &call.Preview, before.Preview)
	Text(c, &call.FunctionID, before.FunctionID)
	Text(c, &call.FunctionName, before.FunctionName)
	Number(c, &call.MaxRSSBytes, before.MaxRSSBytes)
	Number(c, &call.CPUTime, before.CPUTime)
	if !c.Alike() {
		return
	}
	Text(c, &call.Status, before.Status)
	Text(c, &call.ScheduleID, before.ScheduleID)
	Text(c, &call.ScheduleName, before.ScheduleName)
	c.failure(&call.Error, before.Error)
	Number(c, &call.Version, before.Version)
	Number(c, &call.LogLines, before.LogLines)
	c.Flag(&call.Warm, before.Warm)
	Text(c, &call.Archived, before.Archived)
	Text(c, &call.Context, before.Context)
}

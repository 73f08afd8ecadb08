package action

// All lists every action in the order of the help and the documentation.
func All() []Action {
	return []Action{
		Deploy, New, Redeploy, ChangeSettings, Rebuild, Rollback, ChooseMode, Invoke, CancelCall, DeleteFunction,
		CreateSchedule, ReplaceSchedule, RunSchedule, DeleteSchedule,
	}
}

package forms

import (
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
	"fndeck/ui/form"
)

// target is the function that is deployed again: the one that the form was
// opened for, else the one that has the name; nil makes a new one.
func (u *uploadForm) target() *client.Function {
	switch {
	case u.fn != nil:
		return u.fn
	case u.settings != nil:
		return u.namesake(u.settings.name.Value())
	case u.path != "":
		return u.namesake(u.proposedName())
	}
	return nil
}

// proposedName is what the path gives its function; a stored file gives it none, as its
// id says nothing.
func (u *uploadForm) proposedName() string {
	if strings.HasPrefix(u.path, storedPrefix) {
		return ""
	}
	return pack.FunctionName(u.path)
}

// storedPrefix begins what names a file that the project has.
const storedPrefix = "file:"

// pickHelp says what can be uploaded.
func (u *uploadForm) pickHelp() string {
	if _, missing := u.d.Backend.Describe().Missing[client.CanReadFiles]; missing {
		return "a folder with the function's code, a .zip or a notebook"
	}
	return "a folder with the code, a .zip, a notebook, or file:ID of the project"
}

// storedFile judges a text of the picker that names a file of the project.
func (u *uploadForm) storedFile(text string) (help, fault string) {
	id, stored := strings.CutPrefix(text, storedPrefix)
	if !stored {
		return "", ""
	}
	help = "a zip that the project has stored, by its id"
	if reason, missing := u.d.Backend.Describe().Missing[client.CanReadFiles]; missing {
		return help, reason
	}
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return help, "the id of a file is a number, such as file:1001"
	}
	return help, ""
}

// namesake is the first function of a name.
func (u *uploadForm) namesake(name string) *client.Function {
	for i := range u.functions {
		if u.functions[i].Name == name {
			return &u.functions[i]
		}
	}
	return nil
}

// nameCheck says what the name means beside the functions that exist.
func (u *uploadForm) nameCheck(name string) form.Report {
	report := nameCheck("the function")(name)
	fn, same := u.namesake(name), 0
	for _, other := range u.functions {
		if other.Name == name {
			same++
		}
	}
	switch {
	case report.Error != "" || fn == nil:
		return report
	case same > 1:
		return form.Report{Error: ui.Grouped(int64(same)) + " functions have this name: take another, or redeploy the one that is meant"}
	}
	if reason := action.Redeploy.Reason(u.d.Backend, action.Target{Function: fn}); reason != "" {
		return form.Report{Error: "there is one of this name: " + reason}
	}
	return form.Report{Notes: []form.Remark{{
		Tone: ui.ToneWarn, Text: "redeploys " + nameAndVersion(*fn) + "; another name makes a new one", Short: "redeploys " + nameAndVersion(*fn),
	}}}
}

package standing

import (
	"strings"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// IdentityTone warns of what the operator has to do something about.
func IdentityTone(status auth.Status, now time.Time) ui.Tone {
	switch {
	case status.SignIn:
		return ui.ToneBad
	case status.Problem != nil || status.Warning(now):
		return ui.ToneWarn
	}
	return ui.ToneText
}

// Facts are what a context is and how its identity stands, for its page.
func (c Context) Facts(now time.Time, zone *time.Location) []ui.Fact {
	facts := []ui.Fact{
		{Label: "Name", Value: c.Name}, {Label: "Backend", Value: c.Kind}, {Label: "Address", Value: c.Endpoint}, {Label: "Mode", Value: c.Mode()},
	}
	if c.Fault != nil {
		facts = append(facts, ui.Fact{Label: "Broken", Value: sentences(c.Fault), Tone: ui.ToneBad})
		if c.Status.Flow == "" {
			return facts // The fault is also why nobody can sign in.
		}
	}
	if c.Status.Flow == "" {
		return append(facts, ui.Fact{Label: "Identity", Value: c.NoSignIn})
	}
	return append(facts, identityFacts(c.Status, now, zone)...)
}

// Mode is how the operator has marked the context, in a word.
func (c Context) Mode() string {
	switch {
	case c.Fault != nil:
		return "broken"
	case c.Locked != "" || c.ReadOnly != "":
		return "read-only"
	case c.Protected:
		return "protected"
	}
	return "open"
}

func identityFacts(s auth.Status, now time.Time, zone *time.Location) []ui.Fact {
	facts := []ui.Fact{
		{},
		{Label: "Identity", Value: action.SignedIn(s, now), Tone: IdentityTone(s, now)},
		{Label: "Flow", Value: strings.ReplaceAll(string(s.Flow), "_", " ")},
	}
	add := func(label, value string, tone ui.Tone) {
		if value != "" {
			facts = append(facts, ui.Fact{Label: label, Value: value, Tone: tone})
		}
	}
	add("Who", s.Who, ui.ToneText)
	add("Link", s.Link, ui.ToneText)
	add("Issuer", s.Issuer, ui.ToneText)
	add("Tenant", s.Tenant, ui.ToneText)
	add("Scopes", strings.Join(s.Scopes, "\n"), ui.ToneText)
	switch {
	case s.Ends.IsZero():
	case s.Refreshable:
		add("Token", "ends "+s.Ends.In(zone).Format("15:04")+", and is renewed by itself", ui.ToneText)
	default:
		add("Token", "ends "+s.Ends.In(zone).Format("15:04")+", and is not renewed", IdentityTone(s, now))
	}
	if s.Skew != 0 {
		add("Clock", skew(s.Skew, true), ui.ToneWarn)
	}
	if s.Problem != nil {
		add("Problem", sentences(s.Problem), ui.ToneBad)
		for _, link := range s.Problem.Links {
			add(link.Name, link.Reason, ui.ToneDim)
		}
	}
	add("Notes", strings.Join(s.Notes, "\n"), ui.ToneText)
	return facts
}

// sentences are what failed, and what to do.
func sentences(err error) string {
	x := client.Explain(client.TokenError(err))
	return strings.TrimSpace(x.Sentence + "\n" + x.Hint)
}

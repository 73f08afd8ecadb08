package forms

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
	"fndeck/ui"
	"fndeck/ui/form"
)

// Setting is a key of a context, such as auth.flow, and its text.
type Setting struct{ Key, Value string }

// AddContext asks the root to add a context.
type AddContext struct {
	Name     string
	Settings []Setting
	Origin   Refusable
}

// OfContexts is a form about a context itself, which its title names if it has a name
// yet: where the console is has nothing to do with it.
type OfContexts interface{ OfContexts() }

var _, _ OfContexts = (*contextForm)(nil), (*signIn)(nil)

// contextForm adds a context. What it asks for follows the flow.
type contextForm struct {
	form    *form.Form
	name    *form.Text
	address *form.Text
	flow    *form.Choice
	marks   *form.Choice
	fields  []contextField
}

// contextField is a setting that only some flows have.
type contextField struct {
	key   string
	input form.Field
	// value is what it holds.
	value func() string
	// flows are those that have it; nil is all.
	flows []auth.Flow
}

// cloudUnknown leaves out what the cloud decides.
const cloudUnknown = "not known"

// The marks of a new context.
const (
	unmarked      = "open"
	markProtected = "protected"
	markReadOnly  = "read-only"
)

// NewContext makes the form. taken are the names that there are.
func NewContext(d Deps, taken []string) (ui.Overlay, tea.Cmd) {
	c := &contextForm{}
	c.name = form.NewText(form.FieldSpec{Label: "Name", Help: "what you call it, such as prod", Check: freeName(taken)})
	c.address = form.NewText(form.FieldSpec{Label: "Cluster or URL", Help: "westeurope-1, or https://api.cognitedata.com", Check: needed("the cluster, or the address of the API")})
	project := form.NewText(form.FieldSpec{Label: "Project", Help: "the project's name there", Check: needed("the project")})
	cloud := form.NewChoice(form.FieldSpec{Label: "Cloud", Help: "decides limits that no API tells"}, []string{cloudUnknown, "azure", "gcp", "aws"})
	var flows []string
	for _, f := range auth.Flows() {
		flows = append(flows, string(f))
	}
	c.flow = form.NewChoice(form.FieldSpec{Label: "Sign in by", Help: "how one proves who one is", Value: string(auth.FlowDeviceCode)}, flows)
	c.marks = form.NewChoice(form.FieldSpec{Label: "Marks", Help: "protected asks one step more, read-only changes nothing"}, []string{unmarked, markProtected, markReadOnly})
	c.fields = append([]contextField{
		{"project", project, project.Value, nil},
		{"cloud", cloud, func() string { return strings.TrimPrefix(cloud.Value(), cloudUnknown) }, nil},
	}, flowFields()...)
	inputs := []form.Field{c.name, c.address, project, cloud, c.flow}
	for _, f := range c.fields {
		if f.flows != nil {
			inputs = append(inputs, f.input)
		}
	}
	c.form = form.New(d.Clock, append(inputs, c.marks)...)
	c.follow()
	return c, nil
}

// flowFields are the settings of the flows, in the order of the form.
func flowFields() []contextField {
	people := []auth.Flow{auth.FlowBrowser, auth.FlowDeviceCode}
	clients := append(slices.Clone(people), auth.FlowClientSecret, auth.FlowClientCertificate, auth.FlowOnBehalfOf)
	field := func(key, label, help string, check func(string) form.Report, flows ...auth.Flow) contextField {
		input := form.NewText(form.FieldSpec{Label: label, Help: help, Check: check})
		return contextField{key, input, input.Value, flows}
	}
	return []contextField{
		field("auth.tenant", "Tenant", "Entra's tenant: a UUID or a domain; empty for another issuer", nil, clients...),
		field("auth.issuer", "Issuer", "the OpenID issuer's address, where it is not Entra", nil, clients...),
		field("auth.client_id", "Client id", "the application that signs in", needed("the client id"), clients...),
		field("auth.client_secret", "Client secret", secretHelp, reference, auth.FlowClientSecret, auth.FlowOnBehalfOf),
		field("auth.certificate", "Certificate", secretHelp, reference, auth.FlowClientCertificate),
		field("auth.user_assertion", "User's token", secretHelp, reference, auth.FlowOnBehalfOf),
		field("auth.token", "Token", secretHelp, reference, auth.FlowToken),
		field("auth.scopes", "Scopes", "such as https://westeurope-1.cognitedata.com/.default", needed("a scope"), auth.FlowManagedIdentity, auth.FlowDefault),
		field("auth.audience", "Audience", "where the issuer goes by it instead of scopes", nil, append(people, auth.FlowClientSecret)...),
	}
}

// secretHelp says how a secret is given: a form may be looked at, and what is typed
// would have to be kept somewhere.
const secretHelp = "named, never typed here: env:NAME, file:/path or cmd:program"

// reference refuses a secret itself.
func reference(value string) form.Report {
	ref, err := auth.ParseReference(strings.TrimSpace(value))
	switch {
	case ref.Inline():
		return form.Report{Error: "a secret is not written into a form: name it by env:, file: or cmd:"}
	case err != nil || ref.IsZero():
		return form.Report{Error: "write env:NAME, file:/path or cmd:program"}
	}
	return form.Report{}
}

func needed(what string) func(string) form.Report {
	return func(value string) form.Report {
		if strings.TrimSpace(value) == "" {
			return form.Report{Error: what + " is missing"}
		}
		return form.Report{}
	}
}

func freeName(taken []string) func(string) form.Report {
	return func(name string) form.Report {
		report := nameCheck("the context")(name)
		if report.Error == "" && slices.Contains(taken, name) {
			report.Error = "there is one of this name: take another"
		}
		return report
	}
}

// follow shows the fields of the chosen flow.
func (c *contextForm) follow() {
	for _, f := range c.fields {
		c.form.Hide(f.input, !c.has(f))
	}
}

func (c *contextForm) has(f contextField) bool {
	return f.flows == nil || slices.Contains(f.flows, auth.Flow(c.flow.Value()))
}

// settings are what was typed, as the configuration writes it.
func (c *contextForm) settings() []Setting {
	address := Setting{"cluster", strings.TrimSpace(c.address.Value())}
	if strings.Contains(address.Value, "://") {
		address.Key = "base_url"
	}
	all := []Setting{address, {"auth.flow", c.flow.Value()}}
	for _, f := range c.fields {
		if value := strings.TrimSpace(f.value()); value != "" && c.has(f) {
			all = append(all, Setting{f.key, value})
		}
	}
	switch c.marks.Value() {
	case markProtected:
		all = append(all, Setting{"protected", "true"})
	case markReadOnly:
		all = append(all, Setting{"read_only", "true"})
	}
	return all
}

// Title implements ui.Overlay.
func (c *contextForm) Title() string { return "new context" }

// OfContexts implements OfContexts.
func (c *contextForm) OfContexts() {}

// Hints implements ui.Overlay.
func (c *contextForm) Hints() []ui.Hint { return c.form.Hints("add") }

// View implements ui.Overlay.
func (c *contextForm) View(theme *ui.Theme, width, height int) []string {
	return c.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (c *contextForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	if !isInput(msg) {
		return nil, false
	}
	switch c.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Submitted:
		ask := AddContext{Name: c.name.Value(), Settings: c.settings(), Origin: c}
		return func() tea.Msg { return ask }, true
	}
	c.follow()
	return nil, false
}

// Refused implements Refusable.
func (c *contextForm) Refused(why string) { c.form.Refused(why) }

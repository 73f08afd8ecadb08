// Package devtools gets tokens from the tools that a developer has signed in to.
// Each way of failing means that the tool is not available: it is nobody's
// configured identity.
package devtools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"fndeck/auth/command"
	"fndeck/auth/redact"
)

// toolScope is what a scope may be made of when it becomes an argument of a tool,
// or part of a script for PowerShell.
var toolScope = regexp.MustCompile(`^[A-Za-z0-9._/:-]+$`)

// tenantName is what a tenant may be made of there.
var tenantName = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

// Wanted is what a token is asked for. Resource is the first scope without
// "/.default"; Tenant may be empty.
type Wanted struct {
	Scopes           []string
	Resource, Tenant string
}

// Token is what a tool gave. Ends is zero if the tool does not say.
type Token struct {
	Value string
	Ends  time.Time
}

// ask runs a tool.
func (w Wanted) ask(ctx context.Context, read func([]byte) (Token, error), program string, args ...string) (Token, error) {
	for _, scope := range append([]string{w.Resource}, w.Scopes...) {
		if !toolScope.MatchString(scope) {
			return Token{}, fmt.Errorf("the scope %q cannot be handed to a tool", redact.Clip(scope, 60))
		}
	}
	if w.Tenant != "" && !tenantName.MatchString(w.Tenant) {
		return Token{}, errors.New("the tenant cannot be handed to a tool")
	}
	out, err := command.Run(ctx, program, args...)
	if err != nil {
		return Token{}, err
	}
	token, err := read(out)
	if err == nil && token.Value == "" {
		err = errors.New("there is no token in its output")
	}
	if err != nil {
		return Token{}, fmt.Errorf("%s: %w", program, err)
	}
	return token, nil
}

// AzureCLI asks az.
func AzureCLI(ctx context.Context, w Wanted) (Token, error) {
	args := []string{"account", "get-access-token", "-o", "json", "--resource", w.Resource}
	if w.Tenant != "" {
		args = append(args, "--tenant", w.Tenant)
	}
	return w.ask(ctx, readAzureCLI, "az", args...)
}

// readAzureCLI reads the end as seconds since 1970, or, of older versions, as
// local time.
func readAzureCLI(out []byte) (Token, error) {
	var answer struct {
		Token string      `json:"accessToken"`
		On    json.Number `json:"expires_on"`
		Local string      `json:"expiresOn"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return Token{}, errors.New("its output is not JSON")
	}
	if on, err := answer.On.Int64(); err == nil {
		return Token{answer.Token, time.Unix(on, 0)}, nil
	}
	ends, err := time.ParseInLocation("2006-01-02 15:04:05.999999", answer.Local, time.Local)
	return Token{answer.Token, ends}, err
}

// DeveloperCLI asks azd.
func DeveloperCLI(ctx context.Context, w Wanted) (Token, error) {
	args := []string{"auth", "token", "-o", "json", "--no-prompt"}
	for _, scope := range w.Scopes {
		args = append(args, "--scope", scope)
	}
	if w.Tenant != "" {
		args = append(args, "--tenant-id", w.Tenant)
	}
	return w.ask(ctx, readDeveloperCLI, "azd", args...)
}

func readDeveloperCLI(out []byte) (Token, error) {
	var answer struct {
		Token string    `json:"token"`
		Ends  time.Time `json:"expiresOn"`
	}
	if json.Unmarshal(out, &answer) != nil {
		return Token{}, errors.New("its output is not JSON")
	}
	return Token{answer.Token, answer.Ends}, nil
}

// powerShellScript prints the token as JSON; newer modules hold it as a secure
// string. What is put in has been checked to hold no quote.
const powerShellScript = `$ErrorActionPreference='Stop'; $t=Get-AzAccessToken -ResourceUrl '%s'%s; $v=$t.Token; ` +
	`if ($v -is [securestring]) { $v=[System.Net.NetworkCredential]::new('',$v).Password }; ` +
	`@{token=$v; on=$t.ExpiresOn.ToUnixTimeSeconds()} | ConvertTo-Json -Compress`

// PowerShell asks the module Az.Accounts.
func PowerShell(ctx context.Context, w Wanted) (Token, error) {
	tenant := ""
	if w.Tenant != "" {
		tenant = fmt.Sprintf(" -TenantId '%s'", w.Tenant)
	}
	script := fmt.Sprintf(powerShellScript, w.Resource, tenant)
	return w.ask(ctx, readPowerShell, "pwsh", "-NoProfile", "-NonInteractive", "-Command", script)
}

func readPowerShell(out []byte) (Token, error) {
	var answer struct {
		Token string      `json:"token"`
		On    json.Number `json:"on"`
	}
	if json.Unmarshal(out, &answer) != nil {
		return Token{}, errors.New("its output is not JSON")
	}
	on, err := answer.On.Int64()
	return Token{answer.Token, time.Unix(on, 0)}, err
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fndeck/auth/devtools"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

// chainLink is one way to prove oneself that the default chain tries. credential
// is its name in AZURE_TOKEN_CREDENTIALS.
type chainLink struct {
	name, credential string
	developer        bool
	ask              func(ctx context.Context, i *issuer) (granted, error)
}

// chainLinks are tried in this order, that of azidentity for Go 1.15.
func chainLinks() []chainLink {
	return []chainLink{
		{"Environment", "EnvironmentCredential", false, askEnvironment},
		{"Workload identity", "WorkloadIdentityCredential", false, askWorkload},
		{"Managed identity", "ManagedIdentityCredential", false, askManagedInChain},
		{"Azure CLI", "AzureCLICredential", true, askTool(devtools.AzureCLI)},
		{"Azure Developer CLI", "AzureDeveloperCLICredential", true, askTool(devtools.DeveloperCLI)},
		{"Azure PowerShell", "AzurePowerShellCredential", true, askTool(devtools.PowerShell)},
	}
}

// notAvailable says that a link is not set up here: the chain goes on.
type notAvailable struct{ reason string }

func (n notAvailable) Error() string { return n.reason }

// chainGrant tries the links until one gives a token, and keeps to that one for
// good: an identity that changes in the middle of work surprises everybody.
func chainGrant(i *issuer) grantFunc {
	var kept *chainLink // one flight at a time reads and writes it
	return func(ctx context.Context, _ tokenstore.Set) (granted, error) {
		if kept != nil {
			return askLink(ctx, i, *kept)
		}
		links, err := chosenLinks(i.getenv("AZURE_TOKEN_CREDENTIALS"))
		if err != nil {
			return granted{}, err
		}
		if len(links) == 1 && links[0].credential == "ManagedIdentityCredential" {
			links[0].ask = func(ctx context.Context, i *issuer) (granted, error) { return i.askManaged(ctx) } // alone, no probe
		}
		var tried []Link
		for _, link := range links {
			g, err := askLink(ctx, i, link)
			var not notAvailable
			switch {
			case err == nil:
				kept = &link
				return g, nil
			case ctx.Err() != nil:
				return granted{}, context.Cause(ctx)
			case errors.As(err, &not):
				tried = append(tried, Link{link.name, redact.Line(not.reason)})
			default:
				return granted{}, stopped(link, tried, err)
			}
		}
		return granted{}, &Error{Code: CodeRefused, Message: "no link of the default chain gave a token", Hint: "see why each did not; outside of Azure, az login is the shortest way", Links: tried}
	}
}

func askLink(ctx context.Context, i *issuer, link chainLink) (granted, error) {
	g, err := link.ask(ctx, i)
	if g.link = strings.TrimSuffix(link.name+", "+g.link, ", "); err != nil {
		return granted{}, err
	}
	return g, nil
}

// stopped is a link that is set up and was refused.
func stopped(link chainLink, tried []Link, err error) *Error {
	ours := *asOurs(err, CodeRefused)
	ours.Links = append(tried, Link{link.name, ours.Message})
	ours.Message = fmt.Sprintf("%s of the default chain: %s", link.name, ours.Message)
	return &ours
}

// chosenLinks reads AZURE_TOKEN_CREDENTIALS: dev, prod, or one credential's name.
func chosenLinks(choice string) ([]chainLink, error) {
	links := chainLinks()
	legal := []string{"dev", "prod"}
	for _, link := range links {
		if strings.EqualFold(choice, link.credential) {
			return []chainLink{link}, nil
		}
		legal = append(legal, link.credential)
	}
	switch {
	case choice == "":
		return links, nil
	case strings.EqualFold(choice, "dev"):
		return slices.DeleteFunc(links, func(l chainLink) bool { return !l.developer }), nil
	case strings.EqualFold(choice, "prod"):
		return slices.DeleteFunc(links, func(l chainLink) bool { return l.developer }), nil
	}
	return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("AZURE_TOKEN_CREDENTIALS is %q: allowed are %s", redact.Clip(choice, 60), strings.Join(legal, ", ")), Hint: "mend or unset the variable"}
}

package auth

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"fndeck/auth/devtools"
	"fndeck/auth/managed"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
	"fndeck/auth/wire"
)

// as is the same issuer for the application that Azure's variables name.
func (i *issuer) as(flow Flow, change func(*Identity)) *issuer {
	identity := i.identity
	identity.Flow = flow
	identity.Tenant = cmp.Or(i.getenv("AZURE_TENANT_ID"), identity.Tenant)
	identity.ClientID = cmp.Or(i.getenv("AZURE_CLIENT_ID"), identity.ClientID)
	change(&identity)
	return &issuer{identity: identity, transport: i.transport, clock: i.clock, getenv: i.getenv, known: i.known, login: i.login, skew: i.ahead()}
}

// lacking names those of the variables that are not set.
func (i *issuer) lacking(names ...string) error {
	var missing []string
	for _, name := range names {
		if i.getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return notAvailable{strings.Join(missing, ", ") + " not set"}
	}
	return nil
}

// askEnvironment takes the secret, or else the certificate, of the environment.
func askEnvironment(ctx context.Context, i *issuer) (granted, error) {
	if err := i.lacking("AZURE_TENANT_ID", "AZURE_CLIENT_ID"); err != nil {
		return granted{}, err
	}
	// The second name occurs in examples of the Omnia Python package.
	path := cmp.Or(i.getenv("AZURE_CLIENT_CERTIFICATE_PATH"), i.getenv("AZURE_CLIENT_CERT_PATH"))
	switch {
	case i.getenv("AZURE_CLIENT_SECRET") != "":
		app := i.as(FlowClientSecret, func(id *Identity) {
			id.ClientSecret = Reference{inEnvironment, NewSecret("AZURE_CLIENT_SECRET")}
		})
		return app.askChecked(ctx, clientSecretGrant(app))
	case path != "":
		app := i.as(FlowClientCertificate, func(id *Identity) {
			id.CertificateFile = fileReference(path)
			if i.getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD") != "" {
				id.CertificatePassword = Reference{inEnvironment, NewSecret("AZURE_CLIENT_CERTIFICATE_PASSWORD")}
			}
			send := i.getenv("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
			id.SendChain = id.SendChain || send == "1" || strings.EqualFold(send, "true")
		})
		return app.askChecked(ctx, clientCertificateGrant(app))
	}
	return granted{}, notAvailable{"neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set"}
}

// askChecked checks what the environment has put in, which nobody has yet.
func (i *issuer) askChecked(ctx context.Context, grant grantFunc) (granted, error) {
	if err := i.identity.Check(); err != nil {
		return granted{}, err
	}
	return grant(ctx, tokenstore.Set{})
}

// maxFederatedToken bounds the token that a cluster projects.
const maxFederatedToken = 64 << 10

// askWorkload takes the token that the cluster projects into the pod, which is
// replaced from time to time, as assertion. Its file is the cluster's, a link
// that others can read: no rules of ours apply.
func askWorkload(ctx context.Context, i *issuer) (granted, error) {
	if err := i.lacking("AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"); err != nil {
		return granted{}, err
	}
	file, err := os.Open(i.getenv("AZURE_FEDERATED_TOKEN_FILE"))
	if err != nil {
		return granted{}, &Error{Code: CodeInvalid, Message: "AZURE_FEDERATED_TOKEN_FILE: " + redact.Line(err.Error()), Err: err}
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxFederatedToken))
	if err != nil {
		return granted{}, &Error{Code: CodeInvalid, Message: "AZURE_FEDERATED_TOKEN_FILE: " + redact.Line(err.Error()), Err: err}
	}
	app := i.as(FlowClientCertificate, func(id *Identity) { id.CertificateFile = fileReference(file.Name()) })
	if err := app.identity.Check(); err != nil {
		return granted{}, err
	}
	return app.exchange(ctx, "client_credentials", app.extras(), app.identity.Scopes, assertionCredentials(strings.TrimSpace(string(text))))
}

// askManagedInChain looks first whether anything is there: the address of the
// metadata service is not answered elsewhere, which takes long to notice.
func askManagedInChain(ctx context.Context, i *issuer) (granted, error) {
	if err := i.machine().Present(ctx); err != nil {
		return granted{}, notAvailable{err.Error()}
	}
	g, err := i.askManaged(ctx)
	var refusal *managed.Refusal
	switch {
	case errors.Is(err, managed.ErrNotThere):
		return granted{}, notAvailable{err.Error()}
	case errors.As(err, &refusal) && refusal.Status == 400: // no identity is assigned
		return granted{}, notAvailable{redact.Line(refusal.Text)}
	}
	return g, err
}

// askTool asks a tool that a developer has signed in to.
func askTool(tool func(context.Context, devtools.Wanted) (devtools.Token, error)) func(context.Context, *issuer) (granted, error) {
	return func(ctx context.Context, i *issuer) (granted, error) {
		token, err := tool(ctx, devtools.Wanted{Scopes: i.identity.Scopes, Resource: resourceOf(i.identity.Scopes), Tenant: i.identity.Tenant})
		if err != nil {
			return granted{}, notAvailable{err.Error()}
		}
		now := i.clock.Now()
		if token.Ends.IsZero() {
			token.Ends = now.Add(wire.AssumedLife)
		}
		return granted{Set: tokenstore.Set{Access: token.Value, Obtained: now, Ends: token.Ends}}, nil
	}
}

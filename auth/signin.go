package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"fndeck/auth/tokenstore"
)

// SignIn signs a person in by the identity's flow, browser or device code, and
// writes the tokens to the store, where every Source of the identity finds them.
// show is called, from one goroutine, with what the person must see, and again
// when it changes. SignIn ends with its context.
func SignIn(ctx context.Context, identity Identity, o Options, show func(Prompt)) error {
	i, entry, err := openEntry(identity, o)
	if err != nil {
		return err
	}
	// A file that cannot be used is told before the person does anything.
	// What cannot be opened any more is what a new sign-in replaces.
	_, err = entry.Read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, tokenstore.ErrSetAside) && !errors.Is(err, tokenstore.ErrSealed) {
		return i.explainStore(err)
	}
	signIn := i.signInByDevice
	if identity.Flow == FlowBrowser {
		signIn = i.signInByBrowser
	}
	g, err := signIn(ctx, show)
	if err != nil {
		return err
	}
	unlock, err := entry.Lock(ctx)
	if err != nil {
		return i.explainStore(err)
	}
	defer unlock()
	if err := entry.Write(g.Set); err != nil {
		return i.explainStore(err)
	}
	if why := entry.Notice(); why != "" {
		show(Prompt{Note: unsealed(why)})
	}
	return nil
}

// openEntry is what signing in and out begin with.
func openEntry(identity Identity, o Options) (*issuer, *tokenstore.Entry, error) {
	if err := identity.Check(); err != nil {
		return nil, nil, err
	}
	if !identity.Flow.Interactive() {
		return nil, nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("nobody signs in or out with the flow %s: it proves itself at each request for a token", identity.Flow)}
	}
	if o.Store == nil {
		return nil, nil, errNoStore
	}
	o = o.filled()
	i := newIssuer(identity, o)
	return i, entryOf(i, o), nil
}

// SignInFlow is the flow that signs a person in here: over SSH, or without a
// display, the device code goes first where the issuer may have one. A browser
// elsewhere still works for the others, see BrowserPrompt.
func SignInFlow(identity Identity, getenv func(string) string, display bool) Flow {
	remote := getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "" || !display
	hasDevice := identity.DeviceURL != "" || identity.Issuer != "" || (identity.Tenant != "" && identity.TokenURL == "")
	if identity.Flow == FlowBrowser && remote && hasDevice {
		return FlowDeviceCode
	}
	return identity.Flow
}

// entraUserScopes are what Entra wants beside the resource's for a refresh token
// and a name to show.
var entraUserScopes = []string{"openid", "offline_access", "profile"}

// userScopes are the scopes of a person's sign-in.
func (i *issuer) userScopes() []string {
	scopes := slices.Clone(i.identity.Scopes)
	if i.identity.Tenant == "" {
		return scopes
	}
	for _, scope := range entraUserScopes {
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

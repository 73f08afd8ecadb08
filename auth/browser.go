package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth/loopback"
	"fndeck/auth/redact"
)

const (
	// defaultRedirect is where Entra and the Cognite SDK 8.13 (credentials.py)
	// send a native client's browser.
	defaultRedirect = "http://localhost:53000"
	// browserLife is how long a person may take.
	browserLife = 15 * time.Minute
)

// signInByBrowser is the authorization code flow with PKCE (RFC 6749 section 4.1,
// RFC 7636). The code comes back to the listener, through a tunnel or straight,
// or is pasted; the first way that succeeds closes the others.
func (i *issuer) signInByBrowser(ctx context.Context, show func(Prompt)) (granted, error) {
	authorize, err := i.endpoint(ctx, authorizeEndpoint)
	if err != nil {
		return granted{}, err
	}
	redirect, err := url.Parse(cmp.Or(i.identity.RedirectURL, defaultRedirect))
	if err != nil {
		return granted{}, &Error{Code: CodeInvalid, Message: "redirect_url is no address", Err: err}
	}
	state := rand.Text()
	w := loopback.NewWaiting(state, i.identity.Issuer)
	l := loopback.Listen(redirect, w)
	defer l.Close()

	verifier := oauth2.GenerateVerifier()
	i.known.Add(verifier)
	config := oauth2.Config{ClientID: i.identity.ClientID, RedirectURL: l.Redirect, Scopes: i.userScopes(), Endpoint: oauth2.Endpoint{AuthURL: authorize}}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for name, values := range i.extras() {
		options = append(options, oauth2.SetAuthURLParam(name, values[0]))
	}
	if i.identity.User != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", i.identity.User))
	}
	show(Prompt{Browser: &BrowserPrompt{
		Asker:   Asker{ClientID: i.identity.ClientID, Host: hostOf(authorize), Scopes: config.Scopes},
		Address: config.AuthCodeURL(state, options...), Listening: l.Addresses, NotListening: l.Failure,
		Tunnel: loopback.Tunnel(l.Port, i.getenv), Ends: i.clock.Now().Add(browserLife), Paste: w.Paste,
	}})
	answer, err := i.awaitAnswer(ctx, w)
	if err != nil {
		return granted{}, err
	}
	l.Close()
	if answer.Get("error") != "" {
		said := oauthError{Error: answer.Get("error"), Description: answer.Get("error_description")}
		v := i.verdict(hostOf(authorize), said)
		return granted{}, &Error{Code: v.code, Message: v.message, Hint: v.hint, Server: redact.Line(said.Description), Err: refusedBy{word: said.Error}}
	}
	c, err := i.clientCredentials(ctx)
	if err != nil {
		return granted{}, err
	}
	form := url.Values{"code": {answer.Get("code")}, "code_verifier": {verifier}, "redirect_uri": {l.Redirect}}
	g, err := i.exchange(ctx, "authorization_code", form, config.Scopes, c)
	if spent(err) {
		ours := *asOurs(err, CodeExpired)
		ours.Code, ours.Message, ours.Hint = CodeExpired, "the code from the browser is too old or already used", "start again"
		return granted{}, &ours
	}
	return g, err
}

// awaitAnswer waits for one of the ways, for the person's time at most.
func (i *issuer) awaitAnswer(ctx context.Context, w *loopback.Waiting) (url.Values, error) {
	late, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() { over <- i.clock.Wait(late, browserLife) }()
	select {
	case answer := <-w.Answer():
		stop()
		<-over
		return answer, nil
	case <-ctx.Done():
		<-over
		return nil, context.Cause(ctx)
	case err := <-over:
		if err != nil {
			return nil, err
		}
		return nil, &Error{Code: CodeExpired, Message: "nobody signed in within 15 minutes", Hint: "start again"}
	}
}

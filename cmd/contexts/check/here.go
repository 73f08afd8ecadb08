package check

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"fndeck/auth"
	"fndeck/auth/certificate"
	"fndeck/auth/privatefile"
)

// endsSoon is how long before its end a certificate is worth a finding: replacing
// one often takes other people.
const endsSoon = 14 * 24 * time.Hour

// network looks at the way to the context's hosts, as far as this machine knows it.
func (l *look) network() bool {
	transport, err := l.x.Network.Transport()
	if err != nil {
		l.failed(err, "no host of the context can be reached with it", "mend ca_file and proxy in the context")
		return false
	}
	base, err := url.Parse(l.x.BaseURL)
	if err != nil || transport.Proxy == nil {
		return err == nil
	}
	switch proxy, err := transport.Proxy(&http.Request{URL: base}); {
	case err != nil:
		l.found("the proxy of the environment is no address", "every request of the context fails with it", "mend or unset HTTPS_PROXY, or set proxy: none in the context")
		return false
	case proxy != nil:
		l.fact("%s is reached through the proxy %s", base.Host, proxy.Host)
	}
	return true
}

// secrets sees whether each secret is where the context says. What it is stays
// unseen.
func (l *look) secrets() bool {
	id, good := l.x.Identity, true
	values := map[string]string{}
	for _, secret := range id.Secrets() {
		switch {
		case secret.Inline():
			l.fact("%s stands in the configuration itself: env:, file: or cmd: keeps it elsewhere", secret.Setting)
		case secret.Runs() && l.Offline:
			l.fact("%s comes from %s, which was not run", secret.Setting, secret.Reference)
			continue
		}
		value, err := secret.Resolve(l.ctx, l.Desk.Env)
		if err != nil {
			good = false
			fix := "put the secret there, or let " + secret.Setting + " name another place"
			if errors.Is(err, privatefile.ErrUnsafe) {
				fix = "make the file yours alone, as above: whoever can read it may have the secret already, so renew that too"
			}
			l.found(fmt.Sprintf("%s cannot be had: %s", secret.Setting, err), "it is read anew for each new token, so none can be got", fix)
			continue
		}
		values[secret.Setting] = value.Reveal()
	}
	if text := values["certificate"]; good && text != "" {
		return l.certificate(text, values["certificate_password"])
	}
	return good
}

func (l *look) certificate(text, password string) bool {
	now := l.Desk.Clock()
	c, err := certificate.Parse([]byte(text), password, now)
	if err != nil {
		l.found(fmt.Sprintf("the certificate of %s cannot be used: %s", l.x.Identity.CertificateFile, err), "the application proves itself with it", "put key and certificate into one PEM file")
		return false
	}
	if c.Ends().Sub(now) < endsSoon {
		l.found("the certificate ends on "+c.Ends().Format(time.DateOnly), "from then on no token can be got with it", "register a new one with the application, then replace the file")
	}
	return true
}

// signedIn sees whether somebody has signed in, where somebody must.
func (l *look) signedIn() bool {
	status, err := l.Desk.Status(l.x)
	if err != nil {
		l.failed(err, "the identity cannot be used as it stands", "mend auth in the context")
		return false
	}
	if status.Unsealed != "" {
		l.found("the sign-in is not sealed: "+status.Unsealed, "auth.store is keyring, but its tokens lie in a file as they are", "unlock the keyring and sign in again, or set auth.store: file")
	}
	if status.Problem == nil || !l.x.Identity.Flow.Interactive() {
		return true
	}
	l.failed(status.Problem, "without a sign-in nothing can be asked of "+l.x.Project, "fndeck auth login "+l.x.Name)
	return false
}

// clock says when a host's clock and this machine's are too far apart.
func (l *look) clock(host string, ahead time.Duration) {
	if ahead.Abs() < auth.SkewWorthSaying {
		return
	}
	way := "ahead of"
	if ahead < 0 {
		way = "behind"
	}
	l.found(fmt.Sprintf("the clock of %s is %s %s this machine's", host, ahead.Abs().Round(time.Second), way), "tokens seem to have ended, or not to have begun, and times on the screen are off", "set this machine's clock: timedatectl shows whether it is kept right")
}

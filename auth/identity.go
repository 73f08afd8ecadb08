package auth

// Flow names a way to prove who one is, as the configuration writes it.
type Flow string

// The flows.
const (
	FlowToken             Flow = "token"
	FlowClientSecret      Flow = "client_secret"
	FlowClientCertificate Flow = "client_certificate"
	FlowManagedIdentity   Flow = "managed_identity"
	FlowDefault           Flow = "default"
	FlowBrowser           Flow = "browser"
	FlowDeviceCode        Flow = "device_code"
	FlowOnBehalfOf        Flow = "on_behalf_of"
)

// Flows lists every flow, in the order of the documentation.
func Flows() []Flow {
	return []Flow{FlowToken, FlowClientSecret, FlowClientCertificate, FlowManagedIdentity, FlowDefault, FlowBrowser, FlowDeviceCode, FlowOnBehalfOf}
}

// Interactive reports whether a person signs in, so that tokens are kept in the
// store and refreshed from there.
func (f Flow) Interactive() bool { return f == FlowBrowser || f == FlowDeviceCode }

// asksAnIssuer reports whether its tokens come from an issuer that the context has
// to name.
func (f Flow) asksAnIssuer() bool {
	return f != FlowToken && f != FlowManagedIdentity && f != FlowDefault
}

// Where a client secret is sent.
const (
	// SecretAuto is SecretBody: trying one place after the other sends a wrong
	// secret twice, which locks accounts.
	SecretAuto   = "auto"
	SecretBody   = "body"
	SecretHeader = "header"
)

// Where the tokens of a person lie.
const (
	StoreFile = "file"
	// StoreKeyring seals the file under a key of the desktop's keyring, if it answers.
	StoreKeyring = "keyring"
)

// Identity says how a person or a program proves who it is. It is plain data
// from the configuration, one for each context.
type Identity struct {
	Flow Flow

	// Explicit endpoints win; what is missing comes from the discovery document
	// of Issuer, or, without one, has the shape of Entra's below Authority and
	// Tenant.
	Issuer                                       string
	TokenURL, AuthorizeURL, DeviceURL, RevokeURL string
	// Authority is Entra's host, empty for AZURE_AUTHORITY_HOST or the public
	// cloud's.
	Authority, Tenant string

	ClientID string
	// Store is one of StoreFile (also if empty) and StoreKeyring.
	Store string
	// User is the account's name, to keep the tokens of two people with the same
	// client apart; it may be empty.
	User string

	ClientSecret, Token                  Reference
	CertificateFile, CertificatePassword Reference
	UserAssertion                        Reference
	// SendChain sends the certificate's chain along, for applications that trust
	// a subject name and an authority instead of one certificate (Entra).
	SendChain bool

	Scopes []string
	// Audience and Parameters are further fields of a flow's first request.
	Audience   string
	Parameters map[string]string
	// SecretPlace is one of SecretAuto (also if empty), SecretBody, SecretHeader.
	SecretPlace string
	// RedirectURL is where the browser is sent back to, a loopback address;
	// empty for http://localhost:53000.
	RedirectURL string
	// Managed chooses one of several managed identities.
	Managed ManagedID
}

// ManagedID chooses a user-assigned managed identity by one of its names; the
// zero value is the machine's own.
type ManagedID struct{ ClientID, ObjectID, ResourceID string }

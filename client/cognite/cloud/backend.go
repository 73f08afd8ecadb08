// Package cloud is a remote Cognite project as the console knows it: what the API
// offers, and beside it what fndeck adds on this machine.
package cloud

import (
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth/seal"
	"fndeck/client/cognite"
)

// Config says which project is driven, how it is reached and where this machine
// keeps what the project cannot.
type Config struct {
	// Name is the context's name.
	Name string
	// BaseURL is https://{cluster}.cognitedata.com.
	BaseURL string
	Project string
	// Cloud is gcp, azure, aws or empty: the API does not tell, and their limits
	// differ.
	Cloud  string
	Client *http.Client
	Token  oauth2.TokenSource
	// Dir is the directory of this project on this machine; it is made when it is
	// first needed.
	Dir string
	// Sealer seals secret values there.
	Sealer *seal.Sealer
	Clock  func() time.Time
	// Jitter returns a number in [0,1).
	Jitter func() float64
}

// Backend is a project. It is safe for concurrent use.
type Backend struct {
	*cognite.Backend
	c Config
}

// New returns a backend. It does no I/O.
func New(c Config) (*Backend, error) {
	api := cognite.New(cognite.Config{Name: c.Name, BaseURL: c.BaseURL, Project: c.Project, Client: c.Client, Token: c.Token, Jitter: c.Jitter})
	return &Backend{Backend: api, c: c}, nil
}

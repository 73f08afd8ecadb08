package main

import (
	"context"

	"fndeck/client"
)

// openEmbedded reaches the local engine.
func (a *app) openEmbedded(context.Context, bool) (client.Backend, error) {
	return nil, &client.Error{Code: client.CodeUnsupported, Message: "the local engine is not part of this build yet"}
}

// runConsole starts the console.
func (a *app) runConsole(context.Context) error {
	return &client.Error{Code: client.CodeUnsupported, Message: "the console is not part of this build yet", Hint: "fndeck --help lists the commands"}
}

package core

// OpenSession opens a session and returns its id and the nonce that binds it
// to one call or schedule within a minute.
func (e *Core) OpenSession() (id int64, nonce string, err error) {
	if id, err = e.store.NextID(); err != nil {
		return 0, "", err
	}
	return id, e.nonces.add(id), nil
}

// UseNonce binds the session of a nonce and returns its id.
func (e *Core) UseNonce(nonce string) (sessionID int64, err error) { return e.nonces.use(nonce) }

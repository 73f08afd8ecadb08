package engine

import (
	"net"
	"sync"
)

// callback is the listener for the clients of functions that run. It opens when
// the first version that brings a client along starts, and its port is fixed
// from then on: what those processes may reach names it.
type callback struct {
	mu sync.Mutex
	l  net.Listener
	// serve begins to answer; nil before the engine is that far.
	serve func(net.Listener)
}

// baseURL opens the listener, the first time, and says where it is.
func (c *callback) baseURL() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l == nil {
		l, err := listenTCP(0)
		if err != nil {
			return "", err
		}
		c.l = l
		if c.serve != nil {
			c.serve(l)
		}
	}
	return "http://" + c.l.Addr().String(), nil
}

// answer begins to serve, now or once the listener is open.
func (c *callback) answer(serve func(net.Listener)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serve = serve
	if c.l != nil {
		serve(c.l)
	}
}

// close closes a listener that may never have been served.
func (c *callback) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l != nil {
		_ = c.l.Close() // its server has closed it already, if there was one
	}
}

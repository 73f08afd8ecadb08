package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"fndeck/client"
)

// contextName is what a context may be called: it is typed, and names files.
var contextName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckContextName says what is wrong with the name of a context that is to be
// had beside local.
func CheckContextName(name string) error {
	switch {
	case name == LocalContext:
		return client.Invalidf("%s is this machine's engine", LocalContext)
	case !contextName.MatchString(name):
		return client.Invalidf("context %q: a name has letters, digits, dots, dashes and underscores, at most 64", name)
	}
	return nil
}

// contexts reads the section of the contexts, whose names are the operator's.
func (r *reader) contexts(node ast.Node) error {
	pairs, err := r.pairs(node, "contexts and their keys are expected here, such as local: {protected: true}")
	for _, pair := range pairs {
		if err := r.context(pair); err != nil {
			return err
		}
	}
	return err
}

// pairs returns the keys and values of a node that must have some; expected says
// so.
func (r *reader) pairs(node ast.Node, expected string) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, r.at(node, "%s", expected)
}

// context reads one context.
func (r *reader) context(pair *ast.MappingValueNode) error {
	name := pair.Key.GetToken().Value
	x := Context{Name: name, Backend: BackendCognite, File: r.file}
	if name == LocalContext {
		x = local()
		x.File = r.file
	} else if err := CheckContextName(name); err != nil {
		return r.at(pair.Key, "%s", err)
	}
	at := pair.Key.GetToken().Position
	x.Place = fmt.Sprintf("%s:%d:%d", r.name, at.Line, at.Column)
	if err := r.contextKeys(&x, "", pair.Value); err != nil {
		return err
	}
	if why := x.lacking(); why != "" {
		return r.at(pair.Key, "context %s: %s", name, why)
	}
	return r.config.add(x)
}

// add takes a context. local may be marked once; no other may be there twice.
func (c *Config) add(x Context) error {
	for i, known := range c.Contexts {
		switch {
		case known.Name != x.Name:
		case known.File == "":
			c.Contexts[i] = x
			return nil
		default:
			return client.Invalidf("%s: context %s stands at %s too", x.Place, x.Name, known.Place)
		}
	}
	c.Contexts = append(c.Contexts, x)
	return nil
}

// contextKeys reads the keys below prefix of a context.
func (r *reader) contextKeys(x *Context, prefix string, node ast.Node) error {
	pairs, err := r.pairs(node, "keys and values are expected here, such as protected: true")
	for _, pair := range pairs {
		if err := r.contextKey(x, prefix, pair); err != nil {
			return err
		}
	}
	return err
}

func (r *reader) contextKey(x *Context, prefix string, pair *ast.MappingValueNode) error {
	key := prefix + pair.Key.GetToken().Value
	switch {
	case key == scopesKey:
		scopes, err := r.list(pair)
		x.Identity.Scopes = scopes
		return err
	case key == parametersKey:
		return r.parameters(x, pair)
	case slices.ContainsFunc(ContextKeys(), func(known string) bool { return strings.HasPrefix(known, key+".") }):
		return r.contextKeys(x, key+".", pair.Value)
	}
	for _, s := range contextSettings {
		if s.key != key {
			continue
		}
		text, err := r.scalar(pair)
		if err != nil {
			return err
		}
		if err := s.take(x, text); err != nil {
			return r.at(pair.Value, "%s", err)
		}
		return nil
	}
	return r.unknown(pair.Key, strings.TrimPrefix(key, prefix), wordsBelow(ContextKeys(), prefix))
}

// parameters reads the further fields of a token request, whose names are the
// issuer's.
func (r *reader) parameters(x *Context, pair *ast.MappingValueNode) error {
	pairs, err := r.pairs(pair.Value, "names and values are expected here, such as resource: https://api.example")
	if err != nil {
		return err
	}
	x.Identity.Parameters = map[string]string{}
	for _, p := range pairs {
		text, err := r.scalar(p)
		if err != nil {
			return err
		}
		x.Identity.Parameters[p.Key.GetToken().Value] = text
	}
	return nil
}

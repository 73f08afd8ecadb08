package oidctest

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// pageLimit bounds one page, mostPages a walk: there are four at most.
	pageLimit = 10 * time.Second
	mostPages = 20
)

// The forms of the provider's pages: it writes them by hand, so attributes stand in
// one order.
var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)
	formInput  = regexp.MustCompile(`<input[^>]*>`)
	attribute  = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
)

// Person is somebody with a browser, who signs in with any name and agrees to
// everything. It keeps its cookies: the second time it is signed in already.
type Person struct {
	// Name is what it signs in as.
	Name string
	web  *http.Client
}

// NewPerson returns somebody with a browser of their own.
func NewPerson(name string) *Person {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &Person{Name: name, web: &http.Client{
		Jar: jar, Timeout: pageLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Walk opens an address and fills in one page after the other, until there is no
// form any more. It returns that page, or, where the provider sends the browser
// back to the program that asked, the address of that, unopened. userCode is what
// is typed where a device's code is asked for.
func (p *Person) Walk(ctx context.Context, address, userCode string) (back *url.URL, page string, err error) {
	first, err := url.Parse(address)
	if err != nil {
		return nil, "", err
	}
	next, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	for range mostPages {
		if err != nil {
			return nil, "", err
		}
		reply, err := p.web.Do(next)
		if err != nil {
			return nil, "", err
		}
		text, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close() // read to its end
		if err != nil {
			return nil, "", err
		}
		page = string(text)
		switch to, redirected := reply.Location(); {
		case redirected == nil && to.Host != first.Host:
			return to, page, nil
		case redirected == nil:
			next, err = http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
		case reply.StatusCode != http.StatusOK:
			return nil, page, fmt.Errorf("%s answered %s", next.URL.Path, reply.Status)
		default:
			form, more := p.fill(page, userCode)
			if !more {
				return nil, page, nil
			}
			next, err = submit(ctx, reply.Request.URL, page, form)
		}
		if err != nil {
			return nil, page, err
		}
	}
	return nil, page, fmt.Errorf("the provider showed more than %d pages", mostPages)
}

// fill fills in the form of a page.
func (p *Person) fill(page, userCode string) (form url.Values, more bool) {
	if !formAction.MatchString(page) {
		return nil, false
	}
	form = url.Values{}
	for _, input := range formInput.FindAllString(page, -1) {
		attributes := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(input, -1) {
			attributes[a[1]] = html.UnescapeString(a[2])
		}
		switch attributes["name"] {
		case "":
		case "login", "password":
			form.Set(attributes["name"], p.Name)
		case "user_code":
			form.Set("user_code", userCode)
		default:
			form.Set(attributes["name"], attributes["value"])
		}
	}
	return form, true
}

func submit(ctx context.Context, at *url.URL, page string, form url.Values) (*http.Request, error) {
	to, err := at.Parse(html.UnescapeString(formAction.FindStringSubmatch(page)[1]))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r, err
}

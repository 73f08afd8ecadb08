//go:build linux

package cognite

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func (s service) session(id string) object {
	s.Helper()
	return item(s.post(200, "/sessions/byids", `{"items":[{"id":`+id+`}]}`))
}

func TestANonceBindsOnce(t *testing.T) {
	s := serve(t)
	id := number(s.function("")["id"])
	body := `{"data":{},"nonce":"` + s.nonce() + `"}`
	s.post(http.StatusCreated, "/functions/"+id+"/call", body)
	assert.Contains(t, refusal(s.post(400, "/functions/"+id+"/call", body)), "nonce")
}

func TestASessionGoesFromReadyOverActiveToItsEndWithTheCall(t *testing.T) {
	s := serve(t)
	id := number(s.function("")["id"])
	made := item(s.post(http.StatusCreated, "/sessions", `{"items":[{"clientId":"cid","clientSecret":"x"}]}`))
	for _, key := range []string{"id", "type", "status", "creationTime", "expirationTime", "nonce"} {
		assert.Contains(t, made, key)
	}
	assert.Equal(t, []any{"READY", "CLIENT_CREDENTIALS", "cid"}, []any{made["status"], made["type"], made["clientId"]})
	session := number(made["id"])
	assert.NotContains(t, s.session(session), "nonce")

	c := s.post(201, "/functions/"+id+"/call", `{"data":{},"nonce":"`+made["nonce"].(string)+`"}`)
	s.ended(id, c)
	assert.Equal(t, "EXPIRED", s.session(session)["status"])
}

func TestARevokedSessionBindsNothingAndRevokingTwiceIsNoError(t *testing.T) {
	s := serve(t)
	id := number(s.function("")["id"])
	made := item(s.post(201, "/sessions", `{"items":[{"tokenExchange":true}]}`))
	body := `{"items":[{"id":` + number(made["id"]) + `}]}`
	for range 2 {
		assert.Equal(t, "REVOKED", item(s.post(200, "/sessions/revoke", body))["status"])
	}
	assert.Contains(t, refusal(s.post(400, "/functions/"+id+"/call", `{"nonce":"`+made["nonce"].(string)+`"}`)), "nonce")
	assert.Contains(t, refusal(s.post(400, "/sessions/revoke", `{"items":[{"id":77}]}`)), "Session ids not found: 77")
	assert.Contains(t, refusal(s.post(400, "/sessions/byids", `{"items":[{"externalId":"x"}]}`)), "item 1 has no id")
}

func TestSessionsAreListedNewestFirstInPages(t *testing.T) {
	s := serve(t)
	for range 3 {
		s.nonce()
	}
	_, page := s.send("GET", "/sessions?status=ready&limit=2", "")
	assert.Len(t, page["items"], 2)
	first := item(page)
	_, page = s.send("GET", "/sessions?status=READY&limit=2&cursor="+page["nextCursor"].(string), "")
	assert.Len(t, page["items"], 1)
	assert.NotContains(t, page, "nextCursor")
	assert.Greater(t, first["id"], item(page)["id"])
	_, page = s.send("GET", "/sessions?status=ACTIVE", "")
	assert.Empty(t, page["items"])
	status, answer := s.send("GET", "/sessions?limit=101", "")
	assert.Equal(t, 400, status)
	assert.Contains(t, refusal(answer), "limit is 101, allowed are 1 to 100")
}

func TestASessionIsAskedForInExactlyOneWay(t *testing.T) {
	s := serve(t)
	for body, message := range map[string]string{
		`{}`: "exactly one of", `{"clientId":"a"}`: "exactly one of", `{"tokenExchange":true,"oneshotTokenExchange":true}`: "exactly one of",
		`{"clientId":"ours","clientSecret":"wrong"}`: "client secret is wrong", `{"tokenExchange":"yes"}`: "must be true or false, not string",
	} {
		assert.Contains(t, refusal(s.post(400, "/sessions", `{"items":[`+body+`]}`)), message, body)
	}
	assert.Contains(t, refusal(s.post(400, "/sessions", `{"items":[]}`)), "exactly 1 item, not 0")
}

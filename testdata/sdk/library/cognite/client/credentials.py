import json
import urllib.parse
import urllib.request


class Token:
    def __init__(self, token):
        self.token = token

    def authorization_header(self):
        return "Authorization", "Bearer " + (self.token() if callable(self.token) else self.token)


class OAuthClientCredentials:
    def __init__(self, token_url, client_id, client_secret, scopes, token_expiry_leeway_seconds=30, **custom):
        self.token_url, self.form = token_url, dict(custom, grant_type="client_credentials", client_id=client_id, client_secret=client_secret, scope=" ".join(scopes))

    def authorization_header(self):
        with urllib.request.urlopen(self.token_url, urllib.parse.urlencode(self.form).encode(), timeout=30) as reply:
            return "Authorization", "Bearer " + json.loads(reply.read())["access_token"]

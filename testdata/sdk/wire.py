"""Speaks to a Cognite API as the vendor's Python SDK of major 7 or 8 does.

Only the standard library: what matters is what is on the wire. Facts are from the
SDK's source, 7.94.2 (requests) and 8.13.0 (httpx).
"""
import base64
import gzip
import json
import random
import re
import time
import urllib.error
import urllib.parse
import urllib.request

# Paths whose POSTs the SDK sends again after 502, 503 and 504.
SAFE_POST = re.compile(r"/(list|byids|files/downloadlink|files/uploadlink|sessions|sessions/revoke|functions/status)$")
TRIES = 10
CHUNK = 1000


class ApiError(Exception):
    """An error in the API's envelope."""

    def __init__(self, status, body, request_id):
        # The SDK reads an error as JSON without asking for its type; message has
        # no default.
        error = json.loads(body)["error"]
        self.code = status
        self.message = error if isinstance(error, str) else error["message"]
        self.missing = [] if isinstance(error, str) else error.get("missing") or []
        self.duplicated = [] if isinstance(error, str) else error.get("duplicated") or []
        self.request_id = request_id
        super().__init__("%d: %s" % (status, self.message))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The SDK follows none."""

    def redirect_request(self, *_):
        return None


class Wire:
    """The requests of one major version."""

    def __init__(self, major, base, project, token=None, token_url=None, client_id=None, client_secret=None):
        assert re.match(r"^https?://[a-z\d.:\-]+$", base), "the SDK refuses the base URL %s" % base
        self.major, self.base, self.project = major, base, project
        self.fixed, self.token_url, self.client_id, self.client_secret = token, token_url, client_id, client_secret
        self.fetched, self.expires = None, 0.0
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())

    def token(self):
        if self.fixed is not None:
            return self.fixed
        if time.time() > self.expires - 30:
            form = {"grant_type": "client_credentials", "scope": "https://cluster.cognitedata.com/.default"}
            headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
            if self.major == 7:
                pair = "%s:%s" % (self.client_id, self.client_secret)
                headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
            else:
                form.update(client_id=self.client_id, client_secret=self.client_secret, audience="https://cluster.cognitedata.com")
            status, body, _ = self.send("POST", self.token_url, urllib.parse.urlencode(form).encode(), headers)
            answer = json.loads(body)
            if status != 200:
                raise PermissionError("%s: %s" % (answer["error"], answer.get("error_description")))
            self.fetched, self.expires = answer["access_token"], time.time() + float(answer["expires_in"])
        return self.fetched

    def headers(self):
        return {
            "Authorization": "Bearer " + self.token(), "content-type": "application/json", "accept": "application/json",
            "x-cdp-sdk": "CognitePythonSDK:%s" % ("7.94.2" if self.major == 7 else "8.13.0"), "x-cdp-app": "judge",
            "cdf-version": "20230101", "User-Agent": "python-requests/2.32" if self.major == 7 else "python-httpx/0.28",
            "Accept-Encoding": "gzip, deflate",
        }

    def send(self, method, url, body, headers):
        """One request; any status is an answer."""
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        if body is None and method == "POST":
            request.add_header("Content-Length", "0")
        try:
            reply = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            text = reply.read()
            if reply.headers.get("Content-Encoding") == "gzip":
                text = gzip.decompress(text)
            return reply.status if hasattr(reply, "status") else reply.code, text, reply.headers

    def api(self, method, path, body=None, params=None):
        """A request below the project, retried as its class allows; returns the JSON."""
        url = "%s/api/v1/projects/%s%s" % (self.base, self.project, path)
        if params:
            url += "?" + urllib.parse.urlencode(params)
        headers, data = self.headers(), None
        if body is not None:
            data = gzip.compress(json.dumps(body, allow_nan=False, separators=(",", ":")).encode())
            headers["Content-Encoding"] = "gzip"
        again = {429} | ({502, 503, 504} if method == "GET" or SAFE_POST.search(path) else set())
        for attempt in range(TRIES):
            status, text, got = self.send(method, url, data, headers)
            if status not in again and not got.get("cdf-is-auto-retryable"):
                break
            time.sleep(random.random() * min(0.5 * 2 ** attempt, 60))
        if 200 <= status < 300:
            return json.loads(text)
        if status == 401:
            self.suggest_projects()
        raise ApiError(status, text, got["x-request-id"])

    def suggest_projects(self):
        """After a 401 the SDK asks which projects the token does see, and ignores errors."""
        status, text, _ = self.send("GET", self.base + "/api/v1/token/inspect", None, self.headers())
        if status == 200:
            return [p["projectUrlName"] for p in json.loads(text)["projects"]]
        ApiError(status, text, "")  # it must still be an envelope
        return []

    def upload(self, url, content, mime_type=None):
        if not url.startswith("http"):
            url = self.base + url
        headers = {"accept": "*/*"}
        if mime_type:
            headers["Content-Type"] = mime_type
        if self.major == 8:
            headers["Authorization"] = "Bearer " + self.token()
        # urllib would add a form's type to a body that has none.
        request = urllib.request.Request(url, data=content, method="PUT", headers=headers)
        request.add_unredirected_header("Content-type", mime_type or "")
        with self.opener.open(request, timeout=60) as reply:
            assert 200 <= reply.status < 300, reply.status
            assert reply.read() == b""

    def flag(self, value):
        """A boolean in a query: requests writes Python's word, httpx JavaScript's."""
        return str(value) if self.major == 7 else str(value).lower()

    def listed(self, path, limit, **body):
        """Follows the cursor of a list that has one, as the SDK's generator does."""
        found, cursor = [], None
        while limit is None or len(found) < limit:
            page = dict(body, limit=CHUNK if limit is None else min(CHUNK, limit - len(found)), cursor=cursor)
            answer = self.api("POST", path, page)
            found += answer["items"]
            cursor = answer.get("nextCursor")
            if cursor is None:
                break
        return found

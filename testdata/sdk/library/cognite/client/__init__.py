"""Stands in the place of the vendor's SDK in tests: the same modules, constructors
and requests, made with the standard library. Like the SDK it looks for a newer
version of itself unless that is switched off, warns of an http URL, and starts a
thread when a client is made."""
import gzip
import json
import re
import threading
import time
import urllib.error
import urllib.request
import warnings


class GlobalConfig:
    disable_pypi_version_check = False


global_config = GlobalConfig()


class CogniteAPIError(Exception):
    def __init__(self, message, code):
        self.message, self.code = message, code
        super().__init__("%s | code: %d" % (message, code))


class ClientConfig:
    def __init__(self, client_name, project, credentials, api_subversion=None, base_url=None, max_workers=None, headers=None, timeout=None):
        if not re.match(r"^https?://[a-z\d.:\-]+$", base_url):
            raise ValueError("invalid base URL")
        if not base_url.startswith("https"):
            warnings.warn("the base URL is not https", UserWarning, stacklevel=2)
        self.client_name, self.project, self.credentials, self.base_url = client_name, project, credentials, base_url


class CogniteClient:
    def __init__(self, config):
        self.config = config
        if not global_config.disable_pypi_version_check:
            print("asking the package index for a newer version")
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        self.functions = Functions(self)

    def request(self, method, path, body=None):
        name, value = self.config.credentials.authorization_header()
        headers = {name: value, "content-type": "application/json", "accept": "application/json", "cdf-version": "20230101"}
        data = None
        if body is not None:
            data = gzip.compress(json.dumps(body).encode())
            headers["Content-Encoding"] = "gzip"
        request = urllib.request.Request(self.config.base_url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as reply:
                return json.loads(reply.read())
        except urllib.error.HTTPError as refused:
            with refused:
                raise CogniteAPIError(json.loads(refused.read())["error"]["message"], refused.code) from None

    def post(self, path, body):
        return self.request("POST", "/api/v1/projects/%s%s" % (self.config.project, path), body)

    def inspect(self):
        return self.request("GET", "/api/v1/token/inspect")


class Functions:
    def __init__(self, client):
        self.client = client

    def list(self):
        return [f["name"] for f in self.client.post("/functions/list", {"filter": {}, "limit": 25})["items"]]

    def call(self, external_id, data=None):
        """Calls, waits, and returns the response."""
        post = self.client.post
        id = post("/functions/byids", {"items": [{"externalId": external_id}]})["items"][0]["id"]
        nonce = post("/sessions", {"items": [{"tokenExchange": True}]})["items"][0]["nonce"]
        call = post("/functions/%d/call" % id, {"data": data or {}, "nonce": nonce})
        while call["status"] == "Running":
            time.sleep(0.02)
            call = post("/functions/%d/calls/byids" % id, {"items": [{"id": call["id"]}]})["items"][0]
        path = "/api/v1/projects/%s/functions/%d/calls/%d/response" % (self.client.config.project, id, call["id"])
        return self.client.request("GET", path).get("response")

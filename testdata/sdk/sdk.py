"""The parts of the vendor's SDK that concern functions: which requests a method
makes, and which keys of an answer it cannot do without (a missing one is a
KeyError there, and here)."""
import io
import os
import random
import time
import zipfile

from wire import ApiError


def required(resource, *keys):
    for key in keys:
        resource[key]
    return resource


def function(r):
    return required(r, "id", "name", "createdTime", "status", "fileId")


def call(r):
    return required(r, "id", "functionId", "status", "startTime")


def schedule(r):
    return required(r, "id", "name", "createdTime", "cronExpression", "sessionId", "when")


def session(r):
    return required(r, "id", "type", "status", "creationTime", "expirationTime")


def file(r):
    return required(r, "id", "name", "uploaded", "createdTime", "lastUpdatedTime")


class Client:
    def __init__(self, wire):
        self.wire = wire

    # ---- files

    def upload_bytes(self, content, name, external_id=None, overwrite=False):
        body = {"name": name}
        if external_id is not None:
            body["externalId"] = external_id
        made = self.wire.api("POST", "/files", body, {"overwrite": self.wire.flag(overwrite)})
        self.wire.upload(made["uploadUrl"], content)
        return file(made)["id"]

    def retrieve_file(self, id):
        return file(self.one("/files/byids", {"id": id}))

    def download(self, id):
        link = self.wire.api("POST", "/files/downloadlink", {"items": [{"id": id}]}, {"extendedExpiration": self.wire.flag(False)})
        status, content, _ = self.wire.send("GET", link["items"][0]["downloadUrl"], None, {"accept": "*/*"})
        assert status == 200, status
        return content

    def delete_file(self, id):
        assert self.wire.api("POST", "/files/delete", {"items": [{"id": id}], "ignoreUnknownIds": True}) == {}

    # ---- functions

    def one(self, path, identifier):
        """A single retrieve: unknown is None, found by the status and the list of the missing."""
        try:
            items = self.wire.api("POST", path, {"items": [identifier], "ignoreUnknownIds": False})["items"]
        except ApiError as error:
            if error.code == 400 and error.missing:
                return None
            raise
        return items[0]

    def zip_folder(self, folder):
        """As the SDK does: everything, uncompressed, with entries for the directories."""
        packed, before = io.BytesIO(), os.getcwd()
        os.chdir(folder)
        try:
            with zipfile.ZipFile(packed, "w", strict_timestamps=False) as archive:
                for root, _, names in os.walk("."):
                    archive.write(root)
                    for name in names:
                        archive.write(os.path.join(root, name))
        finally:
            os.chdir(before)
        return packed.getvalue()

    def create(self, name, content=None, file_id=None, external_id=None, **settings):
        if file_id is None:
            file_id = self.upload_bytes(content, name.replace("/", "-") + ".zip", external_id, overwrite=bool(external_id))
        for attempt in range(5):
            if self.retrieve_file(file_id)["uploaded"]:
                break
            time.sleep(2 ** attempt)
        else:
            raise IOError("the file is not uploaded")
        item = {"name": name, "fileId": file_id, "functionPath": "handler.py"}
        if external_id is not None:
            item["externalId"] = external_id
        item.update(settings)
        return function(self.wire.api("POST", "/functions", {"items": [item]})["items"][0])

    def retrieve(self, **identifier):
        found = self.one("/functions/byids", identifier)
        return found and function(found)

    def await_ready(self, id):
        while True:
            f = self.retrieve(id=id)
            if f["status"] in ("Ready", "Failed"):
                return f
            time.sleep(0.05)

    def list(self, limit=25, **filter):
        return [function(f) for f in self.wire.api("POST", "/functions/list", {"filter": filter, "limit": limit})["items"]]

    def delete(self, **identifier):
        assert self.wire.api("POST", "/functions/delete", {"items": [identifier], "ignoreUnknownIds": False}) == {}

    def limits(self):
        limits = required(self.wire.api("GET", "/functions/limits"), "timeoutMinutes", "cpuCores", "memoryGb", "runtimes")
        for key in ("cpuCores", "memoryGb"):
            required(limits[key], "min", "max", "default")
        return limits

    def status(self):
        return self.wire.api("GET", "/functions/status")["status"]

    def activate(self):
        return self.wire.api("POST", "/functions/status")["status"]

    # ---- calls

    def nonce(self, credentials=None):
        """A client of client credentials opens sessions with these, any other by exchange."""
        own = (self.wire.client_id, self.wire.client_secret)
        if credentials is None and own[0] is not None:
            credentials = own
        item = {"tokenExchange": True}
        if credentials is not None:
            item = {"clientId": credentials[0], "clientSecret": credentials[1]}
        made = self.wire.api("POST", "/sessions", {"items": [item]})["items"][0]
        return required(made, "id", "status", "nonce")["nonce"]

    def call(self, id, data=None, wait=True):
        body = {"data": {} if data is None else data, "nonce": self.nonce()}
        c = call(self.wire.api("POST", "/functions/%d/call" % id, body))
        attempt = 0
        while wait and c["status"] == "Running":
            time.sleep(random.random() * min(0.3 * 2 ** attempt, 10))
            attempt += 1
            c = self.retrieve_call(id, c["id"])
        return c

    def retrieve_call(self, id, call_id):
        found = self.one("/functions/%d/calls/byids" % id, {"id": call_id})
        return found and call(found)

    def calls(self, id, limit=25, **filter):
        body = {"filter": filter} if filter else {}
        return [call(c) for c in self.wire.listed("/functions/%d/calls/list" % id, limit, **body)]

    def response(self, id, call_id):
        return required(self.wire.api("GET", "/functions/%d/calls/%d/response" % (id, call_id)), "callId", "functionId").get("response")

    def logs(self, id, call_id):
        return [required(line, "message")["message"] for line in self.wire.api("GET", "/functions/%d/calls/%d/logs" % (id, call_id))["items"]]

    # ---- schedules

    def create_schedule(self, name, cron, function_id, credentials=None, **more):
        item = dict(more, name=name, cronExpression=cron, functionId=function_id, nonce=self.nonce(credentials))
        return schedule(self.wire.api("POST", "/functions/schedules", {"items": [item]})["items"][0])

    def schedules(self, limit=25, **filter):
        return [schedule(s) for s in self.wire.api("POST", "/functions/schedules/list", {"filter": filter, "limit": limit})["items"]]

    def retrieve_schedule(self, id):
        found = self.one("/functions/schedules/byids", {"id": id})
        return found and schedule(found)

    def input_data(self, id):
        return self.wire.api("GET", "/functions/schedules/%d/input_data" % id).get("data")

    def delete_schedule(self, id):
        self.wire.api("POST", "/functions/schedules/delete", {"items": [{"id": id}]})

    # ---- sessions

    def sessions(self, status=None):
        params = {"limit": 25}
        if status:
            params["status"] = status
        return [session(s) for s in self.wire.api("GET", "/sessions", params=params)["items"]]

    def revoke(self, id):
        return session(self.wire.api("POST", "/sessions/revoke", {"items": [{"id": id}]})["items"][0])

    def retrieve_session(self, id):
        found = self.one("/sessions/byids", {"id": id})
        return found and session(found)

"""A day's work of the vendor's SDK against an engine.

usage: day.py 7|8 BASE_URL bearer FILE
       day.py 7|8 BASE_URL client FILE TOKEN_URL
Secrets are read from the files, never from the command line. It prints what it did
and fails at the first answer that the SDK could not have used.
"""
import json
import os
import sys
import tempfile
import textwrap

from sdk import Client
from wire import ApiError, Wire

HANDLER = """
import os

from lib.answer import ANSWER


def handle(data, secrets, function_call_info, client=None):
    print("a line")
    print("another")
    if data.get("fail"):
        raise ValueError("as asked")
    return {"data": data, "answer": ANSWER, "secret": len(secrets["api-key"]), "level": os.environ["LEVEL"],
            "info": sorted(function_call_info)}
"""


# What the SDK's own suite deploys: an annotation that the file does not import.
NOTEBOOK = """
def handle(client: CogniteClient | None = None, data: dict | None = None):
    return data
"""


def connect(args):
    major, base, kind, path = int(args[0]), args[1], args[2], args[3]
    with open(path) as f:
        text = f.read()
    if kind == "bearer":
        return Wire(major, base, "local", token=text.strip())
    known = json.loads(text)
    return Wire(major, base, "local", token_url=args[4], client_id=known["client_id"], client_secret=known["client_secret"])


def write_folder(folder):
    os.makedirs(os.path.join(folder, "lib"))
    for name, text in {"handler.py": HANDLER, "lib/__init__.py": "", "lib/answer.py": "ANSWER = 42\n"}.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)


def refused(code, words, act, *args, **kw):
    """The act must be refused by the API with a status and these words."""
    try:
        act(*args, **kw)
    except ApiError as error:
        assert error.code == code and words in error.message, error
        assert error.request_id
        return error
    raise AssertionError("not refused: %s" % words)


def functions(client, folder):
    f = client.create("from/folder", client.zip_folder(folder), external_id="day", secrets={"api-key": "s3cr3t"}, envVars={"LEVEL": "info"},
                      metadata={"team": "blue"}, description="of the day", owner="someone", cpu=0.25, memory=1.0)
    assert f["status"] == "Queued" and f["secrets"] == {"api-key": "***"} and "indexUrl" not in f, f
    f = client.await_ready(f["id"])
    assert f["status"] == "Ready", f
    assert (f["externalId"], f["cpu"], f["memory"], f["functionPath"]) == ("day", 1.0, 1.5, "handler.py"), f
    assert f["runtimeVersion"].startswith("Python 3"), f
    assert client.retrieve(externalId="day")["id"] == f["id"]
    assert client.retrieve(externalId="nosuch") is None
    assert client.retrieve(id=1) is None
    assert [x["id"] for x in client.list(name="from/folder", owner="someone", status="Ready", externalIdPrefix="da", metadata={"team": "blue"},
                                         fileId=f["fileId"], createdTime={"min": f["createdTime"], "max": f["createdTime"]})] == [f["id"]]
    assert client.list(limit=10000, metadata={"team": "red"}) == []

    again = refused(409, "exists already", client.create, "x", client.zip_folder(folder), external_id="day")
    assert again.duplicated == [{"externalId": "day"}], again.duplicated
    refused(400, "1 to 10 items", client.wire.api, "POST", "/functions/byids", {"items": [{"id": n} for n in range(1, 12)]})
    return f


def from_file(client, text):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "handler.py"), "w") as f:
            f.write(text)
        packed = client.zip_folder(folder)
    file_id = client.upload_bytes(packed, "code.zip")
    assert client.download(file_id) == packed
    made = client.create("from file", file_id=file_id)
    client.delete_file(file_id)  # what was built stays built
    return client.await_ready(made["id"])


def calls(client, f):
    c = client.call(f["id"], {"x": [1, None, 1.5], "big": 2**60, "text": "\u00e6\U0001f600"})
    assert c["status"] == "Completed" and c["endTime"] >= c["startTime"] and "error" not in c, c
    got = client.response(f["id"], c["id"])
    assert got["data"] == {"x": [1, None, 1.5], "big": 2**60, "text": "\u00e6\U0001f600"}, got
    assert (got["answer"], got["secret"], got["level"], got["info"]) == (42, 6, "info", ["call_id", "function_id"]), got
    lines = client.logs(f["id"], c["id"])
    assert [line for line in lines if not line.startswith("warning: ")] == ["a line", "another"], lines

    failed = client.call(f["id"], {"fail": True})
    assert failed["status"] == "Failed" and "as asked" in failed["error"].get("message"), failed
    assert "Traceback" in failed["error"].get("trace"), failed
    assert client.response(f["id"], failed["id"]) is None
    assert any("ValueError" in line for line in client.logs(f["id"], failed["id"]))

    assert [x["id"] for x in client.calls(f["id"], limit=None)] == [failed["id"], c["id"]]
    assert [x["id"] for x in client.calls(f["id"], status="Failed")] == [failed["id"]]
    assert client.calls(f["id"], startTime={"max": 1}) == []
    assert client.retrieve_call(f["id"], 1) is None
    assert client.retrieve(id=f["id"])["lastCalled"] == failed["startTime"]
    refused(400, "nonce", client.wire.api, "POST", "/functions/%d/call" % f["id"], {"data": {}, "nonce": "made up"})


def schedules(client, f):
    s = client.create_schedule("nightly", "0 3 * * *", f["id"], credentials=("of-a-cloud", "canary-5f1c7e"), description="d", data={"from": "schedule"})
    assert s["functionId"] == f["id"] and "functionExternalId" not in s and "data" not in s and "nonce" not in s, s
    assert client.input_data(s["id"]) == {"from": "schedule"}
    assert client.retrieve_schedule(s["id"]) == s
    assert client.schedules(functionId=f["id"], name="nightly", cronExpression="0 3 * * *") == [s]
    assert client.schedules(limit=10000, functionId=1) == []
    runs_as = client.retrieve_session(s["sessionId"])
    assert (runs_as["type"], runs_as["clientId"], runs_as["status"]) == ("CLIENT_CREDENTIALS", "of-a-cloud", "ACTIVE"), runs_as
    assert client.revoke(s["sessionId"])["status"] == "REVOKED"
    client.delete_schedule(s["id"])
    assert client.retrieve_schedule(s["id"]) is None
    plain = client.create_schedule("plain", "*/5 * * * *", f["id"])
    assert client.input_data(plain["id"]) is None
    return plain


def strangers(client):
    wire = client.wire
    assert wire.suggest_projects() == ["local"]
    refused(401, "no access to project", Wire(wire.major, wire.base, "other", token=wire.token()).api, "POST", "/functions/list", {})
    refused(401, "Unauthorized", Wire(wire.major, wire.base, "local", token="wrong").api, "POST", "/functions/list", {})
    refused(404, "no such path", wire.api, "GET", "/functions/1/nosuch")
    refused(405, "does not take that method", wire.api, "DELETE", "/functions")
    if wire.client_id is not None:
        guess = Wire(wire.major, wire.base, "local", token_url=wire.token_url, client_id=wire.client_id, client_secret="guess")
        try:
            guess.token()
            raise AssertionError("a wrong secret was taken")
        except PermissionError as error:
            assert "invalid_client" in str(error), error
    status, text, headers = wire.send("POST", wire.base + "/api/v1/projects/local/functions/list", b"a=b",
                                      dict(wire.headers(), **{"content-type": "application/x-www-form-urlencoded"}))
    assert status == 415 and json.loads(text)["error"]["message"] and headers["x-request-id"], (status, text)


def main(args):
    client = Client(connect(args))
    assert client.status() == client.activate() == "activated"
    assert client.limits()["runtimes"]
    strangers(client)
    with tempfile.TemporaryDirectory() as parent:
        folder = os.path.join(parent, "code")
        write_folder(folder)
        f = functions(client, folder)
    calls(client, f)
    for source in (textwrap.dedent(NOTEBOOK), "def handle(**everything):\n    return everything['data']\n"):
        other = from_file(client, source)
        assert other["status"] == "Ready", other
        assert client.response(other["id"], client.call(other["id"], {"n": 1})["id"]) == {"n": 1}
        client.delete(id=other["id"])
    broken = from_file(client, "import nosuch\n")
    assert broken["status"] == "Failed" and "nosuch" in broken["error"]["message"], broken
    held = client.call(broken["id"])
    assert held["status"] == "Failed" and "not deployed" in held["error"]["message"], held
    s = schedules(client, f)
    assert [x["status"] for x in client.sessions("EXPIRED")], "the sessions of the calls have ended with them"
    client.delete(externalId="day")
    assert client.retrieve(id=f["id"]) is None
    assert client.retrieve_schedule(s["id"]) is None, "the schedules went with their function"
    client.delete(id=broken["id"])
    print("a day's work of SDK %s is done" % args[0])


if __name__ == "__main__":
    main(sys.argv[1:])

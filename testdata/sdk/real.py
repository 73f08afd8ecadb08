"""A day's work with the vendor's own SDK, major 7 or 8, against an engine.

usage: real.py BASE_URL CLIENT_FILE TOKEN_URL
"""
import json
import os
import sys
import tempfile
import time
import warnings

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
warnings.simplefilter("ignore")  # that the URL is http and names no cluster

from cognite.client import ClientConfig, CogniteClient, __version__, global_config  # noqa: E402
from cognite.client.credentials import OAuthClientCredentials, Token  # noqa: E402
from cognite.client.data_classes import ClientCredentials  # noqa: E402
from cognite.client.exceptions import CogniteAPIError  # noqa: E402

global_config.disable_pypi_version_check = True

HANDLER = """
def handle(data, secrets, function_call_info):
    print("a line")
    if data.get("fail"):
        raise ValueError("as asked")
    return {"data": data, "secret": len(secrets["api-key"]), "info": sorted(function_call_info)}
"""


def ready(client, function):
    while function.status not in ("Ready", "Failed"):
        time.sleep(0.1)
        function = client.functions.retrieve(id=function.id)
    return function


def main(base, file, token_url):
    with open(file) as f:
        known = json.load(f)
    credentials = OAuthClientCredentials(token_url=token_url, client_id=known["client_id"], client_secret=known["client_secret"], scopes=["engine"])
    client = CogniteClient(ClientConfig(client_name="judge", project="local", base_url=base, credentials=credentials))
    assert client.iam.token.inspect().projects[0].url_name == "local"
    assert client.functions.limits().runtimes
    assert client.functions.status().status == "activated"

    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "handler.py"), "w") as f:
            f.write(HANDLER)
        function = client.functions.create(name="real", external_id="real", folder=folder, secrets={"api-key": "s3cr3t"}, metadata={"a": "b"})
    function = ready(client, function)
    assert function.status == "Ready", function
    assert client.functions.retrieve(external_id="nosuch") is None
    assert [x.id for x in client.functions.list(external_id_prefix="re", metadata={"a": "b"})] == [function.id]

    call = function.call(data={"x": [1, None, 1.5]})
    assert call.status == "Completed", call
    assert call.get_response() == {"data": {"x": [1, None, 1.5]}, "secret": 6, "info": ["call_id", "function_id"]}
    assert [entry.message for entry in call.get_logs()] == ["a line"]
    failed = client.functions.call(external_id="real", data={"fail": True})
    assert failed.status == "Failed" and "as asked" in failed.error["message"], failed
    assert {x.id for x in client.functions.calls.list(function_id=function.id, limit=None)} == {call.id, failed.id}

    schedule = client.functions.schedules.create(
        name="nightly", cron_expression="0 3 * * *", function_id=function.id, client_credentials=ClientCredentials("of-a-cloud", "hidden"), data={"k": 1})
    assert client.functions.schedules.get_input_data(schedule.id) == {"k": 1}
    assert [x.id for x in client.functions.schedules.list(function_id=function.id)] == [schedule.id]
    client.functions.schedules.delete(schedule.id)

    session = client.iam.sessions.create()
    assert client.iam.sessions.revoke(session.id).status == "REVOKED"
    assert session.id in [x.id for x in client.iam.sessions.list(limit=None)]
    try:
        CogniteClient(ClientConfig(client_name="judge", project="local", base_url=base, credentials=Token("wrong"))).functions.list()
        raise AssertionError("a wrong token was taken")
    except CogniteAPIError as error:
        assert error.code == 401, error
    client.functions.delete(external_id="real")
    print("a day with SDK %s is done" % __version__)


main(*sys.argv[1:])

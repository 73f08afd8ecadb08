"""The client that a handle may ask for: a CogniteClient of the library that the
function brings along, acting for the session of its call.

It is made in the call's own process, when it is needed: making it takes long and
starts threads, which a fork would break.
"""
import importlib.machinery
import sys
import warnings

LIBRARY = "cognite.client"


class Quiet:
    """Sees the function's own import of the library and switches off its look for a
    newer version: a request to a public server that nobody has asked for."""

    def find_spec(self, name, path=None, target=None):
        if name != LIBRARY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                quieten(module)

            spec.loader.exec_module = exec_module
        return spec


def quieten(module):
    try:
        module.global_config.disable_pypi_version_check = True
    except AttributeError:
        pass  # a version without that switch, or not quite that library


def watch_import():
    sys.meta_path.insert(0, Quiet())


def make(given):
    """Makes the client from what the engine has given; None, with one line that says
    why, where that cannot be."""
    if not given:
        return without("the function brings no cognite-sdk along")
    try:
        import cognite.client as library
        from cognite.client.credentials import Token
    except ImportError as exc:
        return without("cognite.client cannot be imported: %s" % exc)
    quieten(library)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the URL is http and names no cluster
            config = library.ClientConfig(
                client_name="fndeck", project=given["project"], base_url=given["base_url"], credentials=Token(given["token"]))
            return library.CogniteClient(config)
    except Exception as exc:
        return without("cognite.client does not start: %s: %s" % (type(exc).__name__, exc))


def without(why):
    print("warning: client is None: %s" % why, file=sys.stderr)
    return None

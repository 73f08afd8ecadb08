# Reads a module's source on stdin and prints what fndeck asks of it as JSON.
# The source is parsed, never run. It must work on every Python 3.
import ast
import builtins
import json
import sys


def parameters(args):
    rows = []
    positional = getattr(args, "posonlyargs", []) + args.args
    required = len(positional) - len(args.defaults)
    for i, a in enumerate(positional):
        kind = "positional-only" if i < len(positional) - len(args.args) else "plain"
        rows.append({"name": a.arg, "kind": kind, "default": i >= required})
    if args.vararg:
        rows.append({"name": args.vararg.arg, "kind": "*"})
    for a, default in zip(args.kwonlyargs, args.kw_defaults):
        rows.append({"name": a.arg, "kind": "keyword-only", "default": default is not None})
    if args.kwarg:
        rows.append({"name": args.kwarg.arg, "kind": "**"})
    return rows


def bound_here(node):
    """What a top-level statement binds to the name handle, if anything."""
    if isinstance(node, ast.FunctionDef) and node.name == "handle":
        return {"kind": "def", "line": node.lineno, "params": parameters(node.args)}
    if isinstance(node, ast.AsyncFunctionDef) and node.name == "handle":
        return {"kind": "async", "line": node.lineno}
    targets = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    if any(isinstance(t, ast.Name) and t.id == "handle" for t in targets):
        return {"kind": "assign", "line": node.lineno}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        if any((a.asname or a.name) == "handle" for a in node.names):
            return {"kind": "import", "line": node.lineno}
    return None


def names_bound(tree):
    """Every name that the module binds anywhere; None if it cannot be known."""
    names = set(dir(builtins)) | {"__file__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            if any(a.name == "annotations" for a in node.names):
                return None
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for a in node.names:
                if a.name == "*":
                    return None
                names.add((a.asname or a.name).split(".")[0])
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            names.add(node.name)
    return names


def annotations(body):
    """The annotations that are evaluated when the module is imported."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            for found in annotations(node.body):
                yield found
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            args = node.args
            every = getattr(args, "posonlyargs", []) + args.args + args.kwonlyargs
            every += [a for a in (args.vararg, args.kwarg) if a]
            for a in every:
                if a.annotation is not None:
                    yield a.annotation
            if node.returns is not None:
                yield node.returns


def undefined(tree):
    names, rows, seen = names_bound(tree), [], set()
    if names is None:
        return rows
    for annotation in annotations(tree.body):
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id not in names and node.id not in seen:
                seen.add(node.id)
                rows.append({"name": node.id, "line": node.lineno})
    return rows


def main():
    source = sys.stdin.buffer.read()
    try:
        tree = compile(source, "<source>", "exec", ast.PyCF_ONLY_AST)
    except SyntaxError as e:
        return {"error": {"message": e.msg, "line": e.lineno or 0}}
    except (ValueError, RecursionError, MemoryError) as e:
        return {"error": {"message": str(e) or type(e).__name__, "line": 0}}
    last = {"kind": "none"}
    for node in tree.body:
        last = bound_here(node) or last
    last["undefined"] = undefined(tree)
    return last


print(json.dumps(main()))

# Reads a notebook's code cells as JSON on stdin and prints the function handle
# with what it lacks outside the notebook. The cells are parsed, never run. It
# needs Python 3.9 or newer.
import ast
import builtins
import json
import re
import symtable
import sys

# Lines that a notebook's shell understands and Python does not.
MAGIC = re.compile(r"\s*(?:[%!?]|[\w.,\s]+=\s*[%!]|.*\?\s*$)")
TAG = re.compile(r"\[/?requirements\]$", re.M)
KNOWN = set(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__", "__loader__", "__package__", "handle"}
MAX_MAGICS = 200  # each costs another parse of the cell


class Refused(Exception):
    def __init__(self, message, cell, line):
        super().__init__(message)
        self.found = {"message": message, "cell": cell, "line": line}


def parse(source):
    """The tree of a cell without its magics, the lines of those, and the error."""
    lines, magics = source.split("\n"), []
    while True:
        try:
            return ast.parse("\n".join(lines)), magics, None
        except SyntaxError as e:
            at = (e.lineno or 0) - 1
            if not 0 <= at < len(lines) or len(magics) == MAX_MAGICS or not MAGIC.match(lines[at]):
                return None, magics, (e.msg, at + 1)
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            magics.append(at + 1)
            lines[at] = indent + "pass"
        except (ValueError, RecursionError, MemoryError) as e:
            return None, magics, (str(e) or type(e).__name__, 0)


def names_of(node):
    """What a statement at the top level binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    names = []
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Import, ast.ImportFrom)):
            names += [(a.asname or a.name).split(".")[0] for a in inner.names]
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            names.append(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(inner.name)
    return names


class Unevaluated(ast.NodeTransformer):
    """Drops the annotations of local variables, which Python never evaluates."""

    def __init__(self):
        self.in_function = False

    def scope(self, node, in_function):
        was, self.in_function = self.in_function, in_function
        self.generic_visit(node)
        self.in_function = was
        return node

    def visit_FunctionDef(self, node):
        return self.scope(node, True)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        return self.scope(node, False)

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if self.in_function:
            node.annotation = ast.Constant("")
        return node


def globals_of(source):
    """The names that the source takes from its module or from the builtins."""
    tree = Unevaluated().visit(ast.parse(source))
    names, made, tables = set(), set(), []
    tables.append(symtable.symtable(ast.unparse(ast.fix_missing_locations(tree)), "handler.py", "exec"))
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            top = table.get_type() == "module"
            if symbol.is_referenced() and (top or symbol.is_global()):
                names.add(symbol.get_name())
            if symbol.is_assigned() and symbol.is_declared_global():
                made.add(symbol.get_name())
    return names - made - KNOWN


def find(cells):
    """The last cell with a def handle, its node, and what all cells define."""
    chosen, defined, other = None, {}, None
    for cell in cells:
        source = cell["source"]
        claims = re.search(r"^(async\s+)?def\s+handle\b", source, re.M)
        if source.lstrip().startswith("%%"):
            if claims:
                magic = source.split()[0]
                raise Refused("a cell with %s is no Python: take it out of the cell that defines handle" % magic, cell["number"], 1)
            continue
        tree, magics, error = parse(source)
        if error:
            if claims:
                raise Refused("syntax error: " + error[0], cell["number"], error[1])
            continue
        for node in tree.body:
            for name in names_of(node):
                defined[name] = (cell["number"], node.lineno)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "handle":
                chosen = (cell, node, magics)
            elif "handle" in names_of(node):
                other = (cell["number"], node.lineno)
    if chosen is None:
        if other:
            raise Refused("only a function can be taken from a notebook: write def handle", *other)
        raise Refused("no code cell has a function handle at its top level: write def handle(client, data)", 0, 0)
    return chosen + (defined,)


def requirements(node):
    """The lines between the tags in the docstring, as the SDK reads them."""
    text, start, end = ast.get_docstring(node, clean=False) or "", None, None
    for match in TAG.finditer(text):
        if match.group() == "[requirements]":
            start = match.end()
        else:
            end = match.start()
    if start is None and end is None:
        return ""
    if start is None or end is None or end < start:
        raise ValueError("the requirements in the docstring need a [requirements] and then a [/requirements], each at the end of a line")
    return "".join(line.strip() + "\n" for line in text[start:end].splitlines() if line.strip())


def missing(node, source, cell, defined):
    """A row for each name that handle uses and does not have alone."""
    places = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id not in places:
            places[inner.id] = inner.lineno
    rows = []
    for name in sorted(globals_of(source), key=lambda n: (places.get(n, node.lineno), n)):
        row = {"name": name, "cell": cell, "line": places.get(name, node.lineno)}
        if name in defined:
            row["definedCell"], row["definedLine"] = defined[name]
        rows.append(row)
    return rows


def main():
    cells = json.loads(sys.stdin.buffer.read())
    try:
        cell, node, magics, defined = find(cells)
        number, last = cell["number"], node.end_lineno
        if isinstance(node, ast.AsyncFunctionDef):
            raise Refused("handle must be synchronous: async def is never awaited", number, node.lineno)
        if node.decorator_list:
            raise Refused("handle has a decorator, which would not be uploaded with it: call it inside handle", number, node.decorator_list[0].lineno)
        for line in magics:
            if node.lineno <= line <= last:
                raise Refused("a line for the notebook's shell (%, ! or ?) cannot run in a function: take it out of handle", number, line)
        source = "\n".join(cell["source"].split("\n")[node.lineno - 1 : last]) + "\n"
        try:
            wanted = requirements(node)
        except ValueError as e:
            raise Refused(str(e), number, node.lineno)
        try:
            lacks = missing(node, source, number, defined)
        except SyntaxError as e:  # what only the compiler refuses, such as an argument given twice
            raise Refused("syntax error: " + e.msg, number, node.lineno)
        return {"cell": number, "line": node.lineno, "source": source, "requirements": wanted, "missing": lacks}
    except Refused as e:
        return {"error": e.found}
    except (RecursionError, MemoryError):
        return {"error": {"message": "the code is nested too deeply to be read", "cell": 0, "line": 0}}


print(json.dumps(main()))

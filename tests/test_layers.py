"""The map of docs/architecture.md, enforced: who imports whom, which library has which door."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from promptctl.cli.app import COMMANDS
from tests.conftest import CHECKOUT

PACKAGE = CHECKOUT / "promptctl"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "core": {"errors"},
    "files": {"core", "errors"},
    "settings": {"core", "errors", "files"},
    "credentials": {"core", "errors", "files"},
    "repo": {"core", "errors", "files"},
    "providers": {"core", "errors"},
    "output": {"core", "errors"},
    "state": {"core", "errors", "files"},
    "operations": {
        *("core", "errors", "files", "settings", "credentials", "repo", "providers", "state"),
    },
    "cli": {"core", "errors", "settings", "operations", "output"},
    "__main__": {"cli"},
    "__init__": {"core", "errors", "operations"},
}
"""Layer -> the layers it may import, besides itself."""

EXTRA_EDGES = {
    # The command prints one shipped file as it is: there is nothing for an operation to do; which
    # files there are is what its argument may say.
    ("cli.schema", "repo.schemas"),
}

DOORS: dict[str, set[str]] = {
    "yaml": {"core.document"},
    "jsonschema": {"core.schema"},
    "jsonschema_specifications": {"core.schema"},
    "jsonschema_rs": {"core.schema"},
    "referencing": {"core.schema"},
    "jinja2": {"core.templates.jinja"},
    "httpx": {"providers.transport"},
    "certifi": {"providers.transport"},
    "git": {"repo"},
    "gitdb": {"repo"},
    "xllamacpp": {"providers.embedded"},
    "rich": {"output"},
    "typer": {"cli"},
    "keyring": {"credentials"},
}
"""Library -> the modules (or layers) that may import it. Any other library may be imported nowhere."""

PROCESS_STARTERS = {
    *("repo", "providers.embedded", "state.download", "operations.edit", "output.pager"),
}
"""The modules that may start another program: git, the model's server, pip, the user's editor and pager."""

LAZY_IMPORTERS: dict[str, str] = {
    "operations.workers": "pickle carries findings between processes, and most files have none",
    "__init__": "public names load on first use",
    "__main__": "--version answers before anything else is imported",
    "cli.app": "errors as JSON are rare",
    "cli.options": "completion of names belongs to the shell, not to the command",
    "core.accepted": "only a breaking change needs a fingerprint",
    "core.record": "only who makes or verifies a record needs OpenSSL",
    "core.templates": "one template language per prompt",
    "core.templates.simple_jinja": "most templates need no Jinja2",
    "core.schema": "jsonschema words the errors; a valid file never needs it",
    "credentials": "the keyring is asked only where the environment has no key",
    "operations.browse": "lists need no YAML",
    "operations.changed": "where no included text changed no prompt has to be parsed",
    "operations.check_sight": "stamps spare hashing, and OpenSSL takes its time to load",
    "operations.current": "OpenSSL is loaded while git lists the tags",
    "operations.endpoints": "only the embedded model needs processes, archives and hashes",
    "operations.library": "a program that renders or runs needs nothing that makes releases",
    "operations.log": "only a label that nobody knows needs to know what a clone lacks",
    "operations.only_here": "most clones hold nothing that was not pushed",
    "operations.repository": "lists need no checks, and the working tree no records",
    "operations.status": "most prompts need not be parsed to know where they stand",
    "operations.summaries": "contents that are remembered need no YAML",
    "operations.validate": "what is as it was needs no checks",
    "operations.validate_again": "what is as it was needs no checks",
    "output.listings": "a list needs none of what shows one prompt",
    "output.progress": "most runs end before anybody could see a bar",
    "output.records": "people need no JSON",
    "output.readable": "git starts it for every file that it compares, and most are plain ASCII",
    "providers.answer": "echo needs no HTTP, and HTTP takes as long to load as all else",
    "providers.embedded": "the native runtime is imported in the child process that serves it",
    "providers.failures": "few refusals carry a date",
    "providers.transport": "certificates of our own only where the system has none",
    "repo.git": "only init makes a repository, and Linux has files without names",
    "repo.history": "only a comparison with the disk needs OpenSSL",
    "repo.inspection": "few records are signed",
    "settings": "most settings need no YAML",
}
"""Modules outside the commands that import inside functions, each with its reason."""

IMPURE = {
    *(
        "asyncio",
        "glob",
        "http",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
    ),
    *("select", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time"),
    *("urllib.request", "urllib.error", "getpass", "locale", "platform"),
}
"""Standard modules that reach files, clock, network, environment or terminal: not in core."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, where it is written, and whether that is inside a function."""

    module: str
    line: int
    in_function: bool
    names: frozenset[str]


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its name below `promptctl`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        found[name.removesuffix(".__init__")] = tree
    return found


def imports(tree: ast.Module) -> Iterator[Import]:
    """Every import statement and every import_module of a fixed name, for type checkers too."""

    def walk(node: ast.AST, in_function: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, in_function, frozenset())
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"line {child.lineno}: imports name the whole path"
                names = frozenset(alias.name for alias in child.names)
                yield Import(child.module or "", child.lineno, in_function, names)
            elif isinstance(child, ast.Call) and (name := _imported_by_call(child)):
                yield Import(name, child.lineno, in_function, frozenset())
            inside = in_function or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            yield from walk(child, inside)

    return walk(tree, False)


def _imported_by_call(node: ast.Call) -> str | None:
    """The module that `importlib.import_module("name")` imports."""
    if not ast.unparse(node.func).endswith("import_module"):
        return None
    argument = node.args[0]
    return str(argument.value) if isinstance(argument, ast.Constant) else None


def layer_of(module: str) -> str:
    """The layer that a module belongs to."""
    return module.partition(".")[0]


def is_in(module: str, places: set[str]) -> bool:
    """Whether a module is one of these places, or lies inside one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def internal_edges(module: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The modules of this package that a module imports."""
    for item in imports(tree):
        if item.module == "promptctl":
            for name in item.names - {"__version__"}:
                yield name, item.line
        elif item.module.startswith("promptctl."):
            target = item.module.removeprefix("promptctl.")
            if target in MAY_IMPORT or "." in target or target not in modules():
                yield target, item.line
            else:
                yield from ((f"{target}.{name}", item.line) for name in item.names)


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer_of(module) for module in modules()} <= set(MAY_IMPORT)


@pytest.mark.parametrize("module", modules())
def test_layers(module: str) -> None:
    layer = layer_of(module)
    allowed = MAY_IMPORT[layer] | {layer}
    wrong = [
        f"{module}:{line} imports {target}"
        for target, line in internal_edges(module, modules()[module])
        if layer_of(target) not in allowed and (module, target) not in EXTRA_EDGES
    ]
    assert not wrong


# `_typeshed` is there for type checkers only.
STANDARD = sys.stdlib_module_names | {"_typeshed"}


@pytest.mark.parametrize("module", modules())
def test_each_library_has_its_door(module: str) -> None:
    wrong = []
    for item in imports(modules()[module]):
        library = item.module.partition(".")[0]
        if library == "promptctl" or library in STANDARD:
            continue
        if not is_in(module, DOORS.get(library, set())):
            wrong.append(f"{module}:{item.line} imports {item.module}")
    assert not wrong


@pytest.mark.parametrize("module", modules())
def test_few_modules_start_programs(module: str) -> None:
    wrong = [
        f"{module}:{item.line} imports {item.module}"
        for item in imports(modules()[module])
        if item.module in ("subprocess", "pty", "ctypes") and not is_in(module, PROCESS_STARTERS)
    ]
    assert not wrong


@pytest.mark.parametrize("module", [name for name in modules() if layer_of(name) == "core"])
def test_core_is_pure(module: str) -> None:
    tree = modules()[module]
    wrong = [f"{item.line}: {item.module}" for item in imports(tree) if _is_impure(item)]
    wrong += [
        f"{node.lineno}: {node.func.id}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print", "input", "eval", "exec", "__import__"}
    ]
    assert not wrong


def _is_impure(item: Import) -> bool:
    if item.module == "pathlib":
        return not item.names or bool(item.names - {"PurePosixPath"})
    return item.module in IMPURE or item.module.partition(".")[0] in IMPURE


def _is_command_module(module: str) -> bool:
    package, _, name = module.partition(".")
    return package == "cli" and name.replace("_", "-") in COMMANDS


def test_imports_inside_functions_are_listed() -> None:
    lazy = {
        module
        for module, tree in modules().items()
        if not _is_command_module(module) and any(item.in_function for item in imports(tree))
    }
    assert lazy - set(LAZY_IMPORTERS) == set(), "say why in LAZY_IMPORTERS, or import at the top"
    assert set(LAZY_IMPORTERS) - lazy - {"__init__", "core.templates"} == set(), "no longer lazy"


@pytest.mark.parametrize("module", [name for name in modules() if _is_command_module(name)])
def test_a_command_imports_its_work_when_it_runs(module: str) -> None:
    at_top = {item.module for item in imports(modules()[module]) if not item.in_function}
    ours = {name for name in at_top if name.startswith("promptctl.")}
    extra = {f"promptctl.{target}" for source, target in EXTRA_EDGES if source == module}
    shared = {"promptctl.cli.options", "promptctl.cli.release_options", "promptctl.errors"}
    assert ours <= shared | extra
    assert at_top - ours <= {"typing", "pathlib", "typer", "__future__", "collections.abc", "enum"}


def test_only_the_edge_reads_the_environment() -> None:
    readers = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "environb", "getenv", "putenv")
    }
    # GitPython takes the environment of the process and no other: `repo.git` hides parts of it.
    assert readers <= {"cli.app", "settings", "repo.git"}


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, nested functions included."""
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{module}.{node.name}", _code_lines(node)


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; neither the docstring nor the signature, which in a command is a table."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not body:
        return 1
    assert body[-1].end_lineno is not None
    return body[-1].end_lineno - body[0].lineno + 2


def test_functions_stay_small() -> None:
    lengths = dict(functions())
    assert [name for name, lines in lengths.items() if lines > 60] == []
    assert statistics.median(lengths.values()) < 10
    assert statistics.quantiles(lengths.values(), n=10)[-1] < 30


def test_modules_stay_small() -> None:
    lines = {
        str(path.relative_to(CHECKOUT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert [name for name, length in lines.items() if length > 400] == []

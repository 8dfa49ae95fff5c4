"""What the code can write into the audit, read from the code: kinds, targets and names of facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple, get_args

from core.contracts.agreements import ContractAct
from core.contracts.fees import FeeAct
from core.merchants.onboarding.rules import TRANSITIONS

ROOT: Final = Path(__file__).resolve().parents[2]
_TOLD: Final = {
    ("core/merchants/agreements", "request.act"): get_args(ContractAct),
    ("core/merchants/fees", "request.act"): get_args(FeeAct),
    ("core/merchants/onboarding", "way.target"): [way.target for way in TRANSITIONS.values()],
    ("core/merchants/directory", "place.kind"): ["company", "store"],
    ("core/support/macros", "target.kind"): ["terminal", "store", "transaction"],
    ("core/terminals", "store.target_name(kind)"): ["terminal", "store", "service"],
}
"""Values that the syntax alone does not tell."""
_DEPTH_MAX: Final = 6
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unclear(Exception):
    """An expression whose values cannot be read from the code."""


class Site(NamedTuple):
    """A call of `record_action` and the functions around it, the innermost first."""

    file: Path
    call: ast.Call
    around: tuple[Function, ...]

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"{self.file.relative_to(ROOT)}:{self.call.lineno}"


@cache
def sites() -> list[Site]:
    """Return every call of `record_action` in core."""
    return [
        Site(file, call, around)
        for file in sorted((ROOT / "core").rglob("*.py"))
        for call, around in _calls(file)
        if _name(call.func) == "record_action"
    ]


def texts(site: Site, name: str) -> set[str]:
    """Return the texts that an argument may be. Raises: Unclear."""
    return _texts(_argument(site.call, name), site, 0)


def fact_names(site: Site) -> set[str]:
    """Return the names of facts that are written out in the code."""
    return set(_keys(_argument(site.call, "facts"), site, 0))


def _texts(expression: ast.expr, site: Site, depth: int) -> set[str]:
    match expression:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return _texts(body, site, depth) | _texts(orelse, site, depth)
        case ast.JoinedStr(values=parts):
            return {"".join(one) for one in product(*(_texts(part, site, depth) for part in parts))}
        case ast.FormattedValue(value=value):
            return _texts(value, site, depth)
        case ast.Name():
            found: set[str] = set()
            for source, where in _sources(expression.id, site, depth):
                found |= _texts(source, where, depth + 1)
            if found:
                return found
        case ast.Attribute() | ast.Call():
            told = _TOLD.get((str(site.file.parent.relative_to(ROOT)), ast.unparse(expression)))
            if told:
                return set(told)
        case _:
            pass
    raise Unclear(f"{site.place}: {ast.unparse(expression)}")


def _keys(expression: ast.expr, site: Site, depth: int) -> Iterator[str]:
    match expression:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is None:
                    yield from _keys(value, site, depth)
                elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
        case ast.BinOp(left=left, right=right):
            yield from _keys(left, site, depth)
            yield from _keys(right, site, depth)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _keys(body, site, depth)
            yield from _keys(orelse, site, depth)
        case ast.Call(args=[argument]):
            yield from _keys(argument, site, depth)
        case ast.Name():
            for source, where in _sources(expression.id, site, depth):
                yield from _keys(source, where, depth + 1)
        case _:
            return


def _sources(name: str, site: Site, depth: int) -> Iterator[tuple[ast.expr, Site]]:
    """Yield what a name was given: where it is set, or by those who call the function that takes it."""
    if depth > _DEPTH_MAX:
        raise Unclear(f"{site.place}: {name}")
    for at, function in enumerate(site.around):
        set_here = False
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    set_here = True
                    yield value, site._replace(around=site.around[at:])
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    set_here = True
                    yield value, site._replace(around=site.around[at:])
                case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                    yield value, site._replace(around=site.around[at:])
                case _:
                    pass
        arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        is_taken = name in arguments or name in [one.arg for one in function.args.kwonlyargs]
        if is_taken:
            yield from _given(name, function, arguments, site)
        if is_taken or set_here:
            return
    for node in ast.parse(site.file.read_text(encoding="utf-8")).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value, site._replace(around=())
            case _:
                pass


def _given(
    name: str, function: Function, arguments: list[str], site: Site
) -> Iterator[tuple[ast.expr, Site]]:
    position = arguments.index(name) if name in arguments else None
    if position is not None and arguments[0] == "self":
        position -= 1
    called = _called_as(function.name, site.file)
    for file in sorted(site.file.parent.glob("*.py")):
        for call, around in _calls(file):
            # A method of the same name in another file of the slice is another method.
            if _name(call.func) not in called or (arguments[:1] == ["self"] and file != site.file):
                continue
            named = [keyword.value for keyword in call.keywords if keyword.arg == name]
            if named:
                yield named[0], Site(file, call, around)
            elif position is not None and position < len(call.args):
                yield call.args[position], Site(file, call, around)


def _called_as(name: str, file: Path) -> set[str]:
    """Return what a function is called as: by its name, and by that of the argument as which its file gives it away."""
    given = {
        keyword.arg
        for call, _ in _calls(file)
        for keyword in call.keywords
        if keyword.arg is not None and isinstance(keyword.value, ast.Name) and keyword.value.id == name
    }
    return {name} | given


@cache
def _calls(file: Path) -> list[tuple[ast.Call, tuple[Function, ...]]]:
    """Return every call of a file with the functions around it."""
    found: list[tuple[ast.Call, tuple[Function, ...]]] = []

    def walk(node: ast.AST, around: tuple[Function, ...]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            around = (node, *around)
        if isinstance(node, ast.Call):
            found.append((node, around))
        for child in ast.iter_child_nodes(node):
            walk(child, around)

    walk(ast.parse(file.read_text(encoding="utf-8")), ())
    return found


def _argument(call: ast.Call, name: str) -> ast.expr:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), ast.Constant(None))


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""

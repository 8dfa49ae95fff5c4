"""Every icon that a page may name is in the sprite: one that is missing leaves a blank, and nothing says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jinja2
from jinja2 import nodes

from portals.assets.build import ICONS
from portals.kit import pills

PORTALS = Path(pills.__file__).parents[1]


class Named(NamedTuple):
    """An icon that a template names."""

    icon: str
    template: str
    line: int


def _templates() -> dict[str, nodes.Template]:
    parse = jinja2.Environment(autoescape=True).parse
    found = [path for path in sorted(PORTALS.rglob("*.html")) if "node_modules" not in path.parts]
    return {str(path.relative_to(PORTALS)): parse(path.read_text(encoding="utf-8")) for path in found}


TEMPLATES = _templates()


def _calls(tree: nodes.Node, name: str) -> Iterator[nodes.Call]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == name:
            yield call


def _passed(macro: nodes.Macro, argument: str) -> Iterator[tuple[str, nodes.Template, nodes.Expr]]:
    """Yield what callers anywhere pass for an argument of a macro."""
    place = [each.name for each in macro.args].index(argument)
    for template, tree in TEMPLATES.items():
        for call in _calls(tree, macro.name):
            if len(call.args) > place:
                yield template, tree, call.args[place]
            yield from ((template, tree, each.value) for each in call.kwargs if each.key == argument)


def _of_name(template: str, tree: nodes.Template, name: nodes.Name, item: int | None) -> Iterator[Named]:
    """Yield what a name of a template may stand for: what it is set to, or what a macro is called with."""
    sources = 0
    for each in tree.find_all(nodes.Assign):
        if isinstance(each.target, nodes.Name) and each.target.name == name.name:
            sources += 1
            yield from _named(template, tree, each.node, item)
        if isinstance(each.target, nodes.Tuple):
            targets = [one.name for one in each.target.items if isinstance(one, nodes.Name)]
            if name.name in targets:
                sources += 1
                yield from _named(template, tree, each.node, targets.index(name.name))
    for macro in tree.find_all(nodes.Macro):
        if name.name in [each.name for each in macro.args]:
            for where, whose, value in _passed(macro, name.name):
                sources += 1
                yield from _named(where, whose, value, item)
    assert sources, f"{template}:{name.lineno}: nobody knows what {name.name} may be"


def _named(
    template: str, tree: nodes.Template, value: nodes.Node, item: int | None = None
) -> Iterator[Named]:
    """Yield the icons that an expression may give; `item` is which of a tuple is meant."""
    match value:
        case nodes.Const(value=str() as icon) if item is None:
            if icon:
                yield Named(icon, template, value.lineno)
        case nodes.Tuple(items=items) if item is not None:
            yield from _named(template, tree, items[item])
        case nodes.Dict(items=pairs):
            for pair in pairs:
                yield from _named(template, tree, pair.value, item)
        case nodes.CondExpr(expr1=one, expr2=other):
            for each in (one, other):
                if each is not None:
                    yield from _named(template, tree, each, item)
        case nodes.Or(left=one, right=other):
            for each in (one, other):
                yield from _named(template, tree, each, item)
        case nodes.Call(node=nodes.Getattr(node=table, attr="get"), args=[_, *default]):
            for each in (table, *default):
                yield from _named(template, tree, each, item)
        case nodes.Getitem(node=of, arg=nodes.Const(value=int() as place)):
            yield from _named(template, tree, of, place)
        case nodes.Getitem(node=table):
            yield from _named(template, tree, table, item)
        case nodes.Name():
            yield from _of_name(template, tree, value, item)
        case _:
            raise AssertionError(f"{template}:{value.lineno}: nobody knows what icon {value!r} may be")


def _all() -> set[Named]:
    return {
        named
        for template, tree in TEMPLATES.items()
        for call in _calls(tree, "icon")
        for named in _named(template, tree, call.args[0])
    }


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    named = _all()
    assert {each for each in named if each.icon not in ICONS} == set()
    # Straight from a template, through a macro of another one and from a table.
    assert {"arrow-left", "eye", "undo-2", "file-text"} <= {each.icon for each in named}


def test_every_icon_of_a_state_is_in_the_sprite() -> None:
    looks = [look for table in pills.TABLES.values() for look in table.values()]
    assert {look.icon for look in (*looks, pills.UNKNOWN_STATE)} <= set(ICONS)

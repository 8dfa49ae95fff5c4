"""Routes made from operations: where each field of a request comes from, its validation, its description."""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.constants import RESERVED_KWARGS
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import PathParameter, QueryParameter
from litestar.plugins import OpenAPISchemaPlugin

from core.contracts.ids import CHARACTERS_MAX, Id
from core.contracts.operation import Operation, Route
from core.values.clock import in_utc
from core.values.ids import IdMalformed
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.writing import OptionalKey, RequiredKey, optional_key, required_key, write


class IdSchemas(OpenAPISchemaPlugin):
    """How identifiers are described: a text with its kind's prefix."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """OpenAPISchemaPlugin."""
        return isinstance(value, type) and issubclass(value, Id)

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:
        """OpenAPISchemaPlugin."""
        del schema_creator  # An identifier needs no schema but its own.
        return Schema(type=OpenAPIType.STRING, pattern=field_definition.annotation.pattern())


Any_: TypeAlias = Operation[Any, Any]
_DECORATORS: Final = {"GET": get, "POST": post, "PATCH": patch, "DELETE": delete}
_IN_QUERY: Final = frozenset({"GET", "DELETE"})
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_KEY: Final = "idempotency_key"
_ITEMS_CHARACTERS_MAX: Final = 400


def routes_of(operations: Iterable[Any_]) -> list[HTTPRouteHandler]:
    """Return the routes of the operations that have one, in their order."""
    return [route_of(each, each.http) for each in operations if each.http is not None]


def shown_as(operation: Any_) -> str:
    """Return how the API calls an operation: `PATCH /macros/{macro_id}`. Raises: ValueError, when it has no route."""
    if operation.http is None:
        raise ValueError(operation.name)
    fields = {field.name: field for field in msgspec.structs.fields(operation.asked)}
    path = _PLACE.sub(lambda place: f"{{{_shown_in_path(fields[place[1]])}}}", operation.http.path)
    return f"{operation.http.method} {path}"


def route_of(operation: Any_, route: Route) -> HTTPRouteHandler:
    """Return the route of one operation.

    Raises: ValueError for a declaration that no route can serve.
    """
    fields = {field.name: field for field in msgspec.structs.fields(operation.asked)}
    places = _PLACE.findall(route.path)
    if unknown := [name for name in places if name not in fields]:
        raise ValueError(f"{operation.name}: {unknown} is in the path and not in the request")
    rest = [field for name, field in fields.items() if name not in places and name != _KEY]
    in_query = rest if route.method in _IN_QUERY else []
    parameters, takers = _in_address([fields[name] for name in places], in_query)
    parameters += [_keyword("caller", Caller), _keyword("core", CoreClient)]
    if operation.is_keyed:
        if fields[_KEY].required:
            parameters.append(_keyword(_KEY, RequiredKey, ""))
            takers.append(_take_required_key)
        else:
            parameters.append(_keyword(_KEY, OptionalKey, None))
            takers.append(_take_key)
    if rest and not in_query:
        parameters.append(_keyword("data", _body_of(operation.asked, rest)))
        takers.append(_take_body)
    handle = _handler(operation, route, takers)
    handle.__name__ = operation.name.replace(".", "_")
    handle.__doc__ = operation.description
    answer = _answer_of(operation, route)
    _sign(handle, parameters, answer)
    described: dict[str, Any] = {}
    if operation.is_keyed:
        described["responses"] = {
            route.status: ResponseSpec(
                operation.answered, generate_examples=False, description=_said_of(operation)
            )
        }
    if in_query:
        described["opt"] = {"query": frozenset(field.encode_name for field in in_query)}
    return _DECORATORS[route.method](
        _PLACE.sub(lambda place: f"{{{_shown_in_path(fields[place[1]])}:str}}", route.path),
        operation_id=handle.__name__,
        summary=route.summary,
        tags=[operation.tag],
        status_code=route.status,
        **described,
    )(handle)


def reader_of(asked: type[msgspec.Struct], path: str) -> Callable[..., msgspec.Struct]:
    """Return what reads a request from path and query: a dependency of a route that is written by hand."""
    fields, places = msgspec.structs.fields(asked), _PLACE.findall(path)
    parameters, takers = _in_address(
        [field for field in fields if field.name in places],
        [field for field in fields if field.name not in places],
    )

    def read(**given: Any) -> msgspec.Struct:
        return asked(**_taken(takers, given))

    _sign(read, parameters, asked)
    return read


_Take: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""From what the framework gives a handler to fields of the request. Raises: Problem."""


def _handler(operation: Any_, route: Route, takers: list[_Take]) -> Callable[..., Any]:
    empty = route.status == 204

    async def handle(**given: Any) -> Any:
        asked = operation.asked(**_taken(takers, given))
        core: CoreClient = given["core"]
        caller: Caller = given["caller"]
        if operation.is_keyed:
            return await write(core, caller, operation, asked, route.status)
        timeout = {} if route.method == "GET" else {"timeout_s": WRITE_TIMEOUT_S}
        answer = await core.ask(operation, asked, caller=caller, **timeout)
        return None if empty else answer

    return handle


def _taken(takers: list[_Take], given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for take in takers for name, value in take(given).items()}


def _sign(function: Callable[..., Any], parameters: list[inspect.Parameter], answer: Any) -> None:
    """Let the framework read a function as if these were its parameters."""
    function.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # pyright: ignore[reportFunctionMemberAccess]
    function.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": answer}


def _answer_of(operation: Any_, route: Route) -> Any:
    if operation.is_keyed:
        return Response[bytes]
    return None if route.status == 204 else operation.answered


def _said_of(operation: Any_) -> str:
    """Return what an answer is: the first line of its type, of each of them for one of several."""
    shapes = typing.get_args(operation.answered) or (operation.answered,)
    return " ".join(inspect.cleandoc(shape.__doc__ or "").partition("\n")[0] for shape in shapes)


def _keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


# Where fields come from.


def _in_address(
    places: list[msgspec.structs.FieldInfo], query: list[msgspec.structs.FieldInfo]
) -> tuple[list[inspect.Parameter], list[_Take]]:
    """Return the parameters of path and query, and what takes fields of a request from them."""
    parameters = [*map(_path_parameter, places), *map(_query_parameter, query)]
    return parameters, [*map(_from_path, places), *map(_from_query, query)]


def _shown_in_path(field: msgspec.structs.FieldInfo) -> str:
    """Return what a place is called: the record's own identifier by its kind, as `macro_id`."""
    id_shape = _id_in(field.type)
    return f"{id_shape.kind}_id" if id_shape is not None and field.name == "id" else field.name


def _path_parameter(field: msgspec.structs.FieldInfo) -> inspect.Parameter:
    """Return a place of the path; what is none of a closed set is no address."""
    if typing.get_origin(field.type) is typing.Literal:
        members = list(typing.get_args(field.type))
        return _keyword(_shown_in_path(field), Annotated[str, PathParameter(enum=members)])
    return _keyword(_shown_in_path(field), str)


def _from_path(field: msgspec.structs.FieldInfo) -> _Take:
    name, shown = field.name, _shown_in_path(field)
    id_shape = _id_in(field.type)
    read = partial(msgspec.convert, type=field.type) if id_shape is None else id_shape.read

    def take(given: dict[str, Any]) -> dict[str, Any]:
        try:
            return {name: read(given[shown])}
        except (IdMalformed, msgspec.ValidationError) as error:
            # One that cannot exist is not found.
            raise Problem("not_found") from error

    return take


def _take_required_key(given: dict[str, Any]) -> dict[str, Any]:
    return {_KEY: required_key(given[_KEY])}


def _take_key(given: dict[str, Any]) -> dict[str, Any]:
    return {_KEY: optional_key(given[_KEY])}


def _take_body(given: dict[str, Any]) -> dict[str, Any]:
    body: msgspec.Struct = given["data"]
    return {name: getattr(body, name) for name in body.__struct_fields__}


def _from_query(field: msgspec.structs.FieldInfo) -> _Take:
    name, given_as, shown = field.name, _given_as(field), field.encode_name
    id_shape = _id_in(field.type)
    items = _items_in(field.type)
    if items is not None:
        return lambda given: {name: _items_of(given[given_as], items, shown)}
    if datetime in _members_of(_without_meta(field.type)[0]):
        return lambda given: {name: given[given_as] and in_utc(given[given_as])}
    if id_shape is None:
        return lambda given: {name: given[given_as]}

    def take(given: dict[str, Any]) -> dict[str, Any]:
        text: str | None = given[given_as]
        try:
            return {name: None if text is None else id_shape.read(text)}
        except IdMalformed as error:
            raise Problem.of_field(shown, "malformed", str(error)) from error

    return take


def _given_as(field: msgspec.structs.FieldInfo) -> str:
    """Return what the framework gives a field of the query as; it keeps `query`, `state` and others for itself."""
    return f"{field.name}_" if field.name in RESERVED_KWARGS else field.name


def _items_of(text: str | None, shape: Any, shown: str) -> list[Any] | None:
    """Return the items of a text with commas between, each once, in their order. Raises: Problem."""
    if text is None:
        return None
    try:
        return [
            msgspec.convert(each, shape) for each in dict.fromkeys(part.strip() for part in text.split(","))
        ]
    except msgspec.ValidationError as error:
        known = ", ".join(str(each) for each in typing.get_args(shape))
        raise Problem.of_field(shown, "unknown_value", f"one of: {known}") from error


def _body_of(asked: type[msgspec.Struct], fields: list[msgspec.structs.FieldInfo]) -> type[msgspec.Struct]:
    """Return what the body holds: the request's own type when that is all of it."""
    if len(fields) == len(asked.__struct_fields__):
        return asked
    return msgspec.defstruct(
        asked.__name__,
        [_declared(field) for field in fields],
        namespace={"__doc__": asked.__doc__},
        module=asked.__module__,
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _declared(field: msgspec.structs.FieldInfo) -> tuple[str, Any, Any]:
    renamed = {"name": field.encode_name} if field.encode_name != field.name else {}
    if field.default is not msgspec.NODEFAULT:
        return field.name, field.type, msgspec.field(default=field.default, **renamed)
    if field.default_factory is not msgspec.NODEFAULT:
        return field.name, field.type, msgspec.field(default_factory=field.default_factory, **renamed)
    return field.name, field.type, msgspec.field(**renamed)


def _query_parameter(field: msgspec.structs.FieldInfo) -> inspect.Parameter:
    shape, metas = _without_meta(field.type)
    bounds: dict[str, Any] = {}
    for meta in metas:
        for bound in ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "description"):
            if (value := getattr(meta, bound)) is not None:
                bounds[bound] = value
    if _id_in(field.type) is not None:
        shape = str if field.required else str | None
        bounds.setdefault("max_length", CHARACTERS_MAX)
    elif _items_in(field.type) is not None:
        shape = str if field.required else str | None
        bounds = {"max_length": _ITEMS_CHARACTERS_MAX, "description": "One or several, with commas between"}
    given_as = _given_as(field)
    if field.encode_name != given_as:
        bounds["name"] = field.encode_name
    default = inspect.Parameter.empty if field.required else field.default
    return _keyword(given_as, Annotated[shape, QueryParameter(**bounds)], default)


def _without_meta(shape: Any) -> tuple[Any, list[msgspec.Meta]]:
    """Return a type without the bounds around it or around what may be None, and the bounds."""
    if typing.get_origin(shape) is Annotated:
        inner, *rest = typing.get_args(shape)
        return inner, [each for each in rest if isinstance(each, msgspec.Meta)]
    members = _members_of(shape)
    if len(members) == 2 and types.NoneType in members:
        inner, metas = _without_meta(next(each for each in members if each is not types.NoneType))
        return inner | None, metas
    return shape, []


def _members_of(shape: Any) -> tuple[Any, ...]:
    """Return what a union is of, or the one type."""
    return typing.get_args(shape) if typing.get_origin(shape) in (typing.Union, types.UnionType) else (shape,)


def _items_in(shape: Any) -> Any:
    """Return the type of a list's items, of a list or None; None for what is no list."""
    shape, _ = _without_meta(shape)
    return next(
        (typing.get_args(each)[0] for each in _members_of(shape) if typing.get_origin(each) is list), None
    )


def _id_in(shape: Any) -> type[Id] | None:
    """Return the kind of identifier that a field holds, itself or None."""
    shape, _ = _without_meta(shape)
    return next(
        (each for each in _members_of(shape) if isinstance(each, type) and issubclass(each, Id)), None
    )

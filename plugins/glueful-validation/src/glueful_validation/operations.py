"""Putting together the validation of each operation when Litestar registers its route."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.types import Empty

from .application import ApplicationValidation
from .bodies import FormReader, JSONReader, MessagePackReader
from .body import BodySource, ForeignBodySource, FormBodySource, JSONBodySource, MessagePackBodySource
from .decorator import DEPTH_OPTION
from .errors import MissingBody, ValidationFailed
from .form_validation import FormValidation, find_form, row_rules
from .parameters import ParameterReader, annotation_of, parameters_of
from .schema_operations import documented
from .shape.compiler import compile_tree
from .support import is_supported
from .validator import SAFE_METHODS, OperationValidator

if TYPE_CHECKING:
    from litestar._kwargs.kwargs_model import KwargsModel
    from litestar.handlers import HTTPRouteHandler
    from litestar.routes import HTTPRoute
    from litestar.typing import FieldDefinition

_FORMS = (RequestEncodingType.MULTI_PART, RequestEncodingType.URL_ENCODED)


def install(route: "HTTPRoute", application: ApplicationValidation) -> None:
    """Replace Litestar's extractors of parameters and body by one validator for each operation of a route.

    Raises:
        RuleError: a declaration cannot be enforced.
    """
    seen: set[int] = set()
    for method, (handler, model) in route.route_handler_map.items():
        if id(model) in seen:
            continue
        seen.add(id(model))
        validator = _validator(handler, model, application, f"{method} {route.path}")
        if validator is not None:
            model.extractors = [validator]
            # Or nothing is extracted for a handler without arguments. Litestar infers a wider type than it assigns.
            model.has_kwargs = True  # type: ignore[assignment]
            handler.operation_class = documented(handler.operation_class)
            raises = [*(handler.raises or ())]
            if ValidationFailed not in raises:
                handler.raises = [*raises, ValidationFailed]


def _validator(
    handler: "HTTPRouteHandler", model: "KwargsModel", application: ApplicationValidation, place: str
) -> OperationValidator | None:
    parameters = list(parameters_of(handler, model, application.resolve, place))
    for parameter in parameters:
        if parameter.node is not None:
            for rule in row_rules(parameter.node):
                application.lookups.find(rule, f"{place}: {parameter.alias}")
    reserved = dict(zip(model.expected_reserved_kwargs, model.extractors, strict=False))
    data = reserved.pop("data", None)
    is_safe = handler.http_methods <= SAFE_METHODS
    if not parameters and data is None and (is_safe or not application.settings.validate_only):
        return None
    hook = handler.default_deserializer
    reader = ParameterReader(parameters, application.settings, hook) if parameters else None
    body, form = (None, None) if data is None else _body(handler, data, application, f"the body of {place}")
    return OperationValidator(application, reader, body, form, list(reserved.values()), is_safe=is_safe)


def _body(
    handler: "HTTPRouteHandler", extractor: Any, application: ApplicationValidation, place: str
) -> tuple[BodySource, FormValidation | None]:
    field = _data_field(handler)
    settings = application.settings
    max_depth = int(handler.opt.get(DEPTH_OPTION, settings.max_depth))
    definition = field.kwarg_definition
    declared = definition.media_type if isinstance(definition, BodyKwarg) else RequestEncodingType.JSON
    media_type = str(getattr(declared, "value", declared))
    annotation = annotation_of(field)
    known = media_type in (*_FORMS, RequestEncodingType.JSON, RequestEncodingType.MESSAGEPACK)
    if (
        handler.resolve_data_dto() is not None
        or not (known or media_type.endswith("+json"))
        or not is_supported(annotation, place)
    ):
        return ForeignBodySource(media_type, extractor, max_depth), None
    tree = compile_tree(annotation, place, application.resolve)
    for rule in row_rules(tree):
        application.lookups.find(rule, place)
    node = find_form(tree, place)
    form = FormValidation(node.cls, node, application) if node is not None else None
    prepare = form.prepare if form is not None else None
    arguments = (annotation, tree, settings, handler.default_deserializer, max_depth, prepare)
    when_empty = Empty if field.has_default else None if field.is_optional else MissingBody
    body: BodySource
    if media_type in _FORMS:
        limit = getattr(definition, "multipart_form_part_limit", None) or settings.max_form_fields
        body = FormBodySource(media_type, FormReader(*arguments), limit, when_empty)
    elif media_type == RequestEncodingType.MESSAGEPACK:
        body = MessagePackBodySource(MessagePackReader(*arguments), when_empty)
    else:
        body = JSONBodySource(media_type, JSONReader(*arguments), when_empty)
    return body, form


def _data_field(handler: "HTTPRouteHandler") -> "FieldDefinition":
    return next(field for field in _data_fields(handler))


def _data_fields(handler: "HTTPRouteHandler") -> Iterator["FieldDefinition"]:
    if (own := handler.parsed_fn_signature.parameters.get("data")) is not None:
        yield own
    for provider in handler.resolve_dependencies().values():
        if (field := provider.parsed_fn_signature.parameters.get("data")) is not None:
            yield field

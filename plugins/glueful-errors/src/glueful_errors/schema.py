"""The JSON of a problem as types, from which Litestar makes the schemas in OpenAPI.

``glueful_errors.problem`` has the values of the same names, in which most members may be left out; here is what clients
can rely on.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from litestar.openapi.spec import Example
from litestar.params import ParameterKwarg


def _says(description: str, *examples: object) -> ParameterKwarg:
    return ParameterKwarg(description=description, examples=[Example(value=example) for example in examples])


class ErrorDetail(TypedDict):
    """One of several things that are wrong with a request."""

    code: Annotated[str, _says("What is wrong, stable, for programs.", "required")]
    message: Annotated[str, _says("What is wrong, for people.", "This field is required.")]
    location: Annotated[Literal["body", "query", "path", "header", "cookie"], _says("Where it was looked for.")]
    pointer: NotRequired[Annotated[str, _says("In the body: a JSON Pointer (RFC 6901).", "/items/0/price")]]
    name: NotRequired[Annotated[str, _says("Elsewhere: the name of the parameter, header field or cookie.")]]
    params: NotRequired[Annotated[dict[str, Any], _says("The facts that the message is made from.")]]


class Problem(TypedDict):
    """What went wrong (RFC 9457); further members depend on the type."""

    type: Annotated[str, _says("A URI reference that names the kind of problem.", "about:blank")]
    title: Annotated[str, _says("The same for every problem of a type.", "Not Found")]
    status: Annotated[int, _says("The status code of the response.", 404)]
    detail: Annotated[str, _says("What went wrong this time, for people.", "Nothing was found at this address.")]
    instance: Annotated[str, _says("A URI reference of this occurrence: the path of the request.", "/orders/7")]
    code: Annotated[str, _says("What went wrong, dotted and stable, for programs.", "http.not_found")]
    request_id: Annotated[str, _says("What finds the request in the server's log.", "5f2c6d1be1a94f0b8a6d1b2e8f3a7c90")]
    errors: Annotated[list[ErrorDetail], _says("Each thing that is wrong, where there may be several.")]

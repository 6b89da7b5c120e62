"""What each HTTP status says when an error says nothing itself."""

from typing import NamedTuple


class StatusText(NamedTuple):
    """The default words of a status."""

    code: str
    """Dotted, stable, never reused."""
    title: str
    """The phrase of RFC 9110 and its siblings; Python's own table differs between versions."""
    detail: str


STATUS_TEXTS = {
    400: StatusText("http.bad_request", "Bad Request", "The request is malformed."),
    401: StatusText("http.unauthorized", "Unauthorized", "Valid credentials are needed."),
    402: StatusText("http.payment_required", "Payment Required", "This needs a payment first."),
    403: StatusText("http.forbidden", "Forbidden", "The credentials given do not permit this."),
    404: StatusText("http.not_found", "Not Found", "Nothing was found at this address."),
    405: StatusText("http.method_not_allowed", "Method Not Allowed", "This resource does not know the method."),
    406: StatusText("http.not_acceptable", "Not Acceptable", "No representation fits what the request accepts."),
    408: StatusText("http.request_timeout", "Request Timeout", "The request took too long to arrive."),
    409: StatusText("http.conflict", "Conflict", "The request conflicts with the state of the resource."),
    410: StatusText("http.gone", "Gone", "The resource is gone for good."),
    411: StatusText("http.length_required", "Length Required", "The length of the content has to be declared."),
    412: StatusText("http.precondition_failed", "Precondition Failed", "A precondition of the request does not hold."),
    413: StatusText("http.content_too_large", "Content Too Large", "The content is larger than is taken here."),
    414: StatusText("http.uri_too_long", "URI Too Long", "The request target is too long."),
    415: StatusText("http.unsupported_media_type", "Unsupported Media Type", "This type of content is not taken here."),
    416: StatusText("http.range_not_satisfiable", "Range Not Satisfiable", "The range lies outside the resource."),
    417: StatusText("http.expectation_failed", "Expectation Failed", "The expectation cannot be met."),
    421: StatusText("http.misdirected_request", "Misdirected Request", "This server does not answer for that host."),
    422: StatusText(
        "http.unprocessable_content", "Unprocessable Content", "The content is well-formed, but not valid."
    ),
    423: StatusText("http.locked", "Locked", "The resource is locked."),
    425: StatusText("http.too_early", "Too Early", "The request might be a replay; send it again."),
    426: StatusText("http.upgrade_required", "Upgrade Required", "Another protocol is needed."),
    428: StatusText("http.precondition_required", "Precondition Required", "The request has to be conditional."),
    429: StatusText("http.too_many_requests", "Too Many Requests", "Too many requests; try again later."),
    431: StatusText(
        "http.header_fields_too_large", "Request Header Fields Too Large", "The header fields are too many or too long."
    ),
    451: StatusText(
        "http.unavailable_for_legal_reasons", "Unavailable For Legal Reasons", "A law forbids to show this."
    ),
    500: StatusText(
        "http.internal_server_error",
        "Internal Server Error",
        "The request could not be completed; the request id finds the reason in the server's log.",
    ),
    501: StatusText("http.not_implemented", "Not Implemented", "The server cannot do this."),
    502: StatusText("http.bad_gateway", "Bad Gateway", "A server behind this one answered wrongly."),
    503: StatusText("http.service_unavailable", "Service Unavailable", "The service is unavailable; try again later."),
    504: StatusText("http.gateway_timeout", "Gateway Timeout", "A server behind this one did not answer in time."),
    505: StatusText("http.version_not_supported", "HTTP Version Not Supported", "This HTTP version is not supported."),
    507: StatusText("http.insufficient_storage", "Insufficient Storage", "There is no room to store this."),
    511: StatusText("http.network_authentication_required", "Network Authentication Required", "Log in first."),
}


def text_of(status: int) -> StatusText:
    """The default words of ``status``; of its class where the status is not registered."""
    known = STATUS_TEXTS.get(status)
    if known is not None:
        return known
    return StatusText(
        f"http.{status}", "Client Error" if status < 500 else "Server Error", text_of(status // 100 * 100).detail
    )

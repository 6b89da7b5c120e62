"""What a request may be refused for, and what a declaration may be wrong about."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from glueful_hookspecs import GluefulError
from litestar.exceptions import ClientException, PermissionDeniedException, ValidationException

Location = Literal["body", "query", "path", "header", "cookie"]


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request, and where."""

    code: str
    """The rule that failed: ``required``, ``integer``, ``min``, ``email``, ``unique`` …"""
    message: str
    """For people, in their language; never contains the value that was sent."""
    location: Location = "body"
    pointer: str = ""
    """JSON Pointer (RFC 6901) into the body; empty for the whole body, and for the other locations."""
    name: str = ""
    """Name of the parameter, header or cookie; empty for the body."""
    params: Mapping[str, Any] = {}
    """Parameters of the rule, as declared: ``{"min": 8}``."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data: ``pointer`` for the body, ``location`` and ``name`` for everything else."""
        place = {"pointer": self.pointer} if self.location == "body" else {"location": self.location, "name": self.name}
        return {**place, "code": self.code, "message": self.message, "params": dict(self.params)}


class ValidationFailed(ValidationException):
    """A request is well-formed and breaks rules (422, RFC 9110 section 15.5.21); names all of them.

    Args:
        errors: what is wrong, in the order of the declaration.
        is_complete: False if there are more errors than are listed.
        locale: language of the messages, for ``Content-Language``.
    """

    status_code = 422
    code = "validation.failed"
    detail = "The request breaks the rules of this operation."

    def __init__(self, errors: Sequence[FieldError], *, is_complete: bool = True, locale: str | None = None) -> None:
        self.errors = tuple(errors)
        self.is_complete = is_complete
        count = len(self.errors)
        detail = f"The request has {count} error{'' if count == 1 else 's'}."
        if not is_complete:
            detail = f"The request has more than {count} errors; the first {count} are listed."
        super().__init__(
            detail=detail,
            headers={"Content-Language": locale, "Vary": "Accept-Language"} if locale else None,
            extra=[error.to_dict() for error in self.errors],
        )

    @classmethod
    def at(cls, pointer: str, code: str, message: str, **params: Any) -> "ValidationFailed":
        """A single error of the body, for a handler that finds one itself.

        Args:
            pointer: JSON Pointer, ``"/email"``.
            code: the broken rule.
            message: for people; must not contain what was sent.
            params: parameters of the rule.
        """
        return cls([FieldError(code=code, message=message, pointer=pointer, params=params)])


class BodyError(ClientException):
    """A body that cannot be read at all (400)."""

    code = "body.malformed"


class MalformedBody(BodyError):
    """The body does not follow the grammar of its content type.

    Args:
        kind: what it should have been: ``"JSON"``, ``"MessagePack"``, ``"a form"``.
        reason: in the parser's words, without any part of the body.
        offset: number of bytes before the fault, where known.
    """

    detail = "The body is malformed."

    def __init__(self, kind: str, reason: str, offset: int | None = None) -> None:
        self.kind = kind
        self.reason = reason
        self.offset = offset
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(
            detail=f"The body is not valid {kind}: {reason}{place}.",
            extra=None if offset is None else {"offset": offset},
        )


class MissingBody(BodyError):
    """The operation needs a body and none was sent."""

    code = "body.missing"
    detail = "This operation needs a body."


class BodyTooDeep(BodyError):
    """Arrays and objects are nested deeper than allowed.

    Args:
        limit: greatest depth; 1 is an array or object without others inside.
    """

    code = "body.too_deep"
    detail = "The body is nested too deep."

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(detail=f"The body is nested deeper than {limit} levels.", extra={"limit": limit})


class UnsupportedCharset(BodyError):
    """The content type names a charset that is not UTF-8 (RFC 8259 section 8.1)."""

    code = "body.charset"
    detail = "JSON is read as UTF-8 only."


class UnsupportedContentType(BodyError):
    """The body is not of a content type that the operation reads (415, RFC 9110 section 15.5.16).

    Args:
        accepted: what it reads.
    """

    status_code = 415
    code = "body.content_type"
    detail = "The content type is not supported."

    def __init__(self, accepted: str) -> None:
        self.accepted = accepted
        super().__init__(detail=f"This operation reads {accepted} only.", headers={"Accept": accepted})


class UnsupportedContentEncoding(BodyError):
    """The body is compressed, and this application does not decode (415, RFC 9110 section 12.5.3)."""

    status_code = 415
    code = "body.content_encoding"
    detail = "Content codings are not supported."

    def __init__(self) -> None:
        super().__init__(detail=self.detail, headers={"Accept-Encoding": "identity"})


class MalformedQuery(ClientException):
    """The query string or form is no percent-encoded UTF-8, or has too many fields (400).

    Args:
        reason: what is wrong with it.
    """

    code = "query.malformed"
    detail = "The query string is malformed."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(detail=f"The query string is malformed: {reason}.")


class RequestForbidden(PermissionDeniedException):
    """``FormRequest.authorize`` returned False (403)."""

    code = "authorization.denied"
    detail = "You may not do this."


class RuleError(GluefulError):
    """A declaration that cannot be enforced; stops the start."""

    code = "validation.rule"


class RuleUnknown(RuleError):
    """A pipe rule has a name that nobody registered.

    Args:
        name: as written.
        nearest: the registered name most like it.
    """

    code = "validation.rule_unknown"

    def __init__(self, name: str, nearest: str | None) -> None:
        self.name = name
        self.nearest = nearest
        super().__init__(
            what=f"there is no rule {name!r}",
            fix=f"write {nearest!r}" if nearest else "register it in the hook glueful_validation_rules",
        )


class RuleMisused(RuleError):
    """A rule stands where it cannot work.

    Args:
        rule: as declared.
        place: the field, type or route.
        why: what is wrong.
        fix: what to write.
    """

    code = "validation.rule_misused"

    def __init__(self, rule: str, place: str, why: str, fix: str = "") -> None:
        self.rule = rule
        self.place = place
        super().__init__(what=f"{place}: {rule} {why}", fix=fix)


class RowLookupMissing(RuleError):
    """``Unique`` or ``Exists`` names a column that no active plugin can look up.

    Args:
        rule: as declared.
        place: the field that carries it.
    """

    code = "validation.row_lookup_missing"

    def __init__(self, rule: str, place: str) -> None:
        self.rule = rule
        self.place = place
        super().__init__(
            what=f"{place}: no active plugin can look up rows for {rule}",
            fix="pip install glueful-orm, or check the column's name",
        )


class ExtraMissing(RuleError):
    """A rule needs a library that comes with an extra of this package.

    Args:
        rule: name of the rule.
        extra: name of the extra.
    """

    code = "validation.extra_missing"

    def __init__(self, rule: str, extra: str) -> None:
        self.rule = rule
        self.extra = extra
        super().__init__(
            what=f"the rule {rule} needs the extra {extra!r} of glueful-validation",
            fix=f"pip install 'glueful-validation[{extra}]'",
        )


for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, Exception) and _error.__module__ == __name__:
        _error.__module__ = "glueful_validation"

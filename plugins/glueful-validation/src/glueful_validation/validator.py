"""The validation of one operation: everything that is wrong with a request, in one answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.types import Empty

from .answers import answer
from .application import ApplicationValidation
from .bodies import Read
from .body import BodySource
from .context import RequestContext, current_validation
from .enforcement import run_rules
from .form_validation import FormValidation
from .media import prefers_validation_only, read_headers, read_prefer
from .parameters import ParameterReader, ParametersRead
from .shape.walk import Found, Pending

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
Extractor = Callable[[dict[str, Any], Any], Awaitable[None]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of operations that change nothing (RFC 9110 section 9.2.1)."""
_NO_PARAMETERS = ParametersRead([], [])
_NO_BODY = Read(None, [], [])


class ValidationPassed(HTTPException):
    """Nothing is wrong with a request that asked to be validated only (RFC 7240 ``Prefer: validate-only``)."""

    status_code = 204
    code = "validation.passed"


class OperationValidator:
    """Litestar calls it instead of its own extractors of parameters and body.

    Args:
        application: what all operations share.
        parameters: None if there are none.
        body: None if there is none.
        form: None if the body is no FormRequest.
        others: Litestar's extractors of everything else.
        is_safe: whether the operation changes nothing; then ``Prefer: validate-only`` has no meaning.
    """

    def __init__(
        self,
        application: ApplicationValidation,
        parameters: ParameterReader | None,
        body: BodySource | None,
        form: FormValidation | None,
        others: Sequence[Extractor],
        *,
        is_safe: bool = False,
    ) -> None:
        self.application = application
        self.parameters = parameters
        self.body = body
        self.form = form
        self.others = tuple(others)
        self.can_stop = application.settings.validate_only and not is_safe
        self.messages = form.messages if form is not None else getattr(body, "messages", {})

    async def __call__(self, values: dict[str, Any], connection: Connection) -> None:
        """Fill ``values`` with what the handler and its dependencies ask for.

        Raises:
            ValidationFailed: the request breaks rules.
            BodyError: the body cannot be read.
            RequestForbidden: its FormRequest does not let the caller send it.
            ValidationPassed: nothing is wrong, and only that was asked.
        """
        for extractor in self.others:
            await extractor(values, connection)
        if self.form is not None:
            await self._validate_form(values, connection, self.form)
            return
        parameters = self.parameters.read(connection, values) if self.parameters is not None else None
        read = None
        if self.body is None:
            prefer = read_prefer(connection.scope["headers"]) if self.can_stop else None
        else:
            content_type, prefer = read_headers(connection.scope["headers"], self.body.media_type)
            value = await self.body.read(connection, content_type, values)
            if type(value) is Read:
                read, value = value, value.value
            values["data"] = value
        if parameters is not None or read is not None:
            await self._finish(parameters or _NO_PARAMETERS, read or _NO_BODY, connection)
        self._stop_if_asked(prefer, connection)

    async def _finish(self, parameters: ParametersRead, read: Read, connection: Connection) -> None:
        """Run the rules, and raise everything that was found."""
        errors = [*parameters.errors, *read.errors]
        if pending := [*parameters.pending, *read.pending]:
            errors.extend(await self._run(pending, self._context(connection)))
        if errors:
            raise self._answer(errors, read, connection)

    async def _validate_form(self, values: dict[str, Any], connection: Connection, form: FormValidation) -> None:
        context = self._context(connection)
        token = current_validation.set(context)
        try:
            prefer = await self._validate_with(values, connection, form, context)
        except BaseException:
            current_validation.reset(token)
            raise
        self._stop_if_asked(prefer, connection)

    async def _validate_with(
        self, values: dict[str, Any], connection: Connection, form: FormValidation, context: RequestContext
    ) -> bytes | None:
        """The steps of a FormRequest; its context stays for the handler.

        Returns:
            The request's ``Prefer``.
        """
        assert self.body is not None  # noqa: S101  a form is a body
        await form.authorize(context)
        parameters = self.parameters.read(connection, values) if self.parameters is not None else None
        content_type, prefer = read_headers(connection.scope["headers"], self.body.media_type)
        value = await self.body.read(connection, content_type, values)
        read = value if type(value) is Read else Read(value, [], [])
        values["data"] = request = read.value
        errors, pending = [*(parameters or _NO_PARAMETERS).errors, *read.errors], [*read.pending]
        pending.extend((parameters or _NO_PARAMETERS).pending)
        if read.errors:
            # Where there are more errors than are listed, not every value was looked at.
            request = form.stand_in(read.plain, read.errors, self.body.walk()) if read.is_complete else None
        if request is not None and request is not Empty and form.has_rules:
            pending.extend(await form.pending(request, read.plain, read.errors, self.body.walk()))
        if pending:
            errors.extend(await self._run(pending, context))
        if request is not None and request is not Empty and form.has_after:
            errors.extend(await form.after(form.without_bad(request, errors) if errors else request))
        if errors:
            raise self._answer(errors, read, connection)
        return prefer

    def _context(self, connection: Connection) -> RequestContext:
        locale = self.application.messages.locale_for(connection.headers.get("accept-language"))
        return RequestContext(connection, locale, self.application.clock)

    async def _run(self, pending: Sequence[Pending], context: RequestContext) -> list[Found]:
        limit = self.application.settings.max_errors
        return await run_rules(pending, context, self.application.lookups, limit)

    def _answer(self, errors: Sequence[Found], read: Read, connection: Connection) -> Exception:
        return answer(
            errors,
            limit=self.application.settings.max_errors,
            is_complete=read.is_complete,
            messages=self.application.messages,
            locale=self.application.messages.locale_for(connection.headers.get("accept-language")),
            own=self.messages,
        )

    def _stop_if_asked(self, prefer: bytes | None, connection: Connection) -> None:
        if prefer is not None and self.can_stop and prefers_validation_only(prefer):
            scope: Any = connection.scope
            if scope["method"] not in SAFE_METHODS:
                raise ValidationPassed

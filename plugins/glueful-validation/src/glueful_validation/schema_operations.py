"""What Litestar publishes of an operation without asking plugins: unions in its parameters and body."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import Operation, Parameter, RequestBody

from .schema_types import correct


def documented(base: type[Operation]) -> type[Operation]:
    """An ``operation_class`` like ``base`` whose unions accept what is accepted.

    Args:
        base: the handler's own.
    """

    @dataclass
    class ValidatedOperation(base):  # type: ignore[misc, valid-type]
        """One operation of the document."""

        def __post_init__(self) -> None:
            """Correct what the handler's signature was made into."""
            if hasattr(super(), "__post_init__"):
                super().__post_init__()
            given: list[Any] = list(self.parameters or ())
            for parameter in given:
                if isinstance(parameter, Parameter):
                    correct(parameter.schema)
            if isinstance(self.request_body, RequestBody):
                for media in self.request_body.content.values():
                    correct(media.schema)

    return ValidatedOperation

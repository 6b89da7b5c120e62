"""HTTP as uvicorn speaks it, but for trailers: they are no header fields."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WithoutTrailers(HttpToolsProtocol):
    """Keeps what comes after a chunked body out of the header fields (RFC 9110 section 6.5.1).

    uvicorn adds it to them, maybe before the application runs: a field that a proxy takes out of every head would pass
    behind the body.
    """

    def on_headers_complete(self) -> None:
        """The head is complete: what the parser finds later goes into another list. Called by the parser."""
        super().on_headers_complete()
        self.scope["headers"] = list(self.headers)

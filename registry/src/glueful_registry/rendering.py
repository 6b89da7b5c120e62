"""The report as text: a table, a graph, and a diagnosis with what to do."""

from collections.abc import Iterable, Iterator, Sequence

from glueful_hookspecs import Finding, aligned

from .report import PluginStatus, Report, State

_MARKS = {State.ACTIVE: "ok", State.DISABLED: "--"}


def reason(status: PluginStatus) -> str:
    """Why a plugin is not active, in a few words; empty if it is, or was disabled on request."""
    if status.error is not None:
        return status.error.what
    return f"requires {status.blocked_by}" if status.blocked_by else ""


def table_lines(report: Report) -> Iterator[str]:
    """A line a plugin, in start order, under a head; the last cell says why it is not active."""
    rows = [
        (s.info.name, s.info.version or "-", s.state, s.info.distribution or "-", reason(s) or s.info.summary)
        for s in report.plugins
    ]
    return aligned(("PLUGIN", "VERSION", "STATE", "DISTRIBUTION", "SUMMARY"), rows)


def graph_lines(report: Report) -> Iterator[str]:
    """A line a plugin, in start order, with what it requires."""
    for status in report.plugins:
        needed = ", ".join(report.requirements(status.info.name))
        state = "" if status.state is State.ACTIVE else f"  [{status.state}: {reason(status)}]".replace(": ]", "]")
        yield status.info.name + (f" -> {needed}" if needed else "") + state


def mermaid_lines(report: Report) -> Iterator[str]:
    """The graph as a Mermaid flowchart."""
    yield "flowchart LR"
    for status in report.plugins:
        yield f"    {status.info.name}"
        yield from (f"    {status.info.name} --> {other}" for other in report.requirements(status.info.name))


def fact_lines(status: PluginStatus, more: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """Everything about one plugin, a line a fact; ``more`` are label and value of further ones."""
    about = status.info
    facts = [
        ("name", about.name),
        ("state", f"{status.state} {reason(status)}".strip()),
        ("distribution", f"{about.distribution or '-'} {about.version or ''}".strip()),
        ("summary", about.summary),
        ("entry point", about.value),
        ("requires", ", ".join(map(str, about.requires)) or "-"),
        ("location", about.location or "-"),
        *more,
    ]
    width = max(len(label) for label, _ in facts)
    yield from (f"{label.ljust(width)}  {value}" for label, value in facts)


def diagnosis_lines(
    report: Report, notes: Iterable[str] = (), findings: Iterable[tuple[str, Finding]] = ()
) -> Iterator[str]:
    """A line a plugin, and below it what is wrong and what to do; then notes, then what is not fit for production."""
    for status in report.plugins:
        mark = _MARKS.get(status.state, "!!")
        yield f"{mark}  {status.info.name} {status.info.version or ''}".rstrip() + f": {status.state}"
        if status.error is not None:
            yield f"      {status.error.what}"
            yield f"      fix: {status.error.fix}"
        elif status.blocked_by:
            yield f"      requires {status.blocked_by}, which is not active"
    yield from (f"note: {note}" for note in (*report.notes, *notes))
    for owner, finding in findings:
        yield f"!!  {owner}: not fit for production"
        yield f"      {finding.what}"
        yield f"      fix: {finding.fix}"

"""Aligned columns for the terminal."""

from collections.abc import Sequence

import click


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head; every column as wide as its widest cell, the last one free."""
    lines = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)

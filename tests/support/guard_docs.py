"""Writes the table of guards into docs/guards.md: PYTHONPATH=tests python -m support.guard_docs."""

from __future__ import annotations

from pathlib import Path

from support.guard_scenes import table

DOCS = Path(__file__).parents[2] / "docs" / "guards.md"

if __name__ == "__main__":
    text = DOCS.read_text()
    head, begin, rest = text.partition("<!-- table -->\n")
    _, end, tail = rest.partition("<!-- end of table -->")
    DOCS.write_text(head + begin + table() + end + tail)

"""An HTML page taken apart: whether its elements nest, its tables' numbers, what it would load."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "br", "hr", "img", "link", "input"}
_LOADING = {"src", "href", "srcset", "data", "poster", "action", "xlink:href"}


class Page(HTMLParser):
    """Parsed on creation; a wrongly nested element fails at once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.tables: dict[str, list[list[str | float]]] = {}
        self.values: dict[str, list[float]] = {}
        """Numbers of any element with an id, tables included, in order."""
        self.headings: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.loads += [value for name, value in given.items() if name in _LOADING]
        if tag == "tr" and self._inside("tbody"):
            self.tables.setdefault(self._id(), []).append([])
        if tag == "data":
            self.values.setdefault(self._id(), []).append(float(given["value"]))
            if self._inside("tbody"):
                self.tables[self._id()][-1].append(float(given["value"]))
        if tag not in _VOID:
            self._open.append((tag, given.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "h3":
            self.headings.append(data)
        if self._inside("tbody") and self._open[-1][0] in ("th", "td"):
            self.tables[self._id()][-1].append(data)

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self._open)

    def _id(self) -> str:
        return next((name for _, name in reversed(self._open) if name), "")

"""A line of text that hangs on a mark, for ladders and lists."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_NARROWEST = 20
_ASCII = str.maketrans({"│": "|", "▼": "v", "└": "`", "─": "-"})


class Line:
    """Parts of text behind a mark; where they go on in the next line the mark, or `then`, is put before it.

    Lines are broken between words only: an ID that is wider than the terminal stays whole, so that it can be
    copied. Print it with `crop=False`.
    """

    def __init__(self, mark: str, *parts: str | tuple[str, str], then: str | None = None) -> None:
        self.mark = mark
        self.then = mark if then is None else then
        self.body = Text.assemble(*parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        longest = max((len(word) for word in self.body.plain.split()), default=0)
        width = max(options.max_width - len(self.mark), longest, _NARROWEST)
        mark = self.mark
        for line in self.body.wrap(console, width):
            line.rstrip()
            shown = mark.translate(_ASCII) if options.ascii_only else mark
            yield Text.assemble((shown, "quiet"), line, no_wrap=True, overflow="ignore")
            mark = self.then

"""The calls that a model asks for, shown while they grow: a line each, on standard error."""

from __future__ import annotations

from promptctl.core.answer import ToolCall
from promptctl.core.invocation import ToolCallDelta
from promptctl.output.terminal import Terminal, visible_line


class ToolCallLines:
    """Writes each call as `tool call: name(arguments)`, piece by piece.

    A call whose pieces come between those of others cannot grow in its own line any more: it is shown
    again as a whole at the end.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._open: int | None = None
        self._ended: set[int] = set()
        self._torn: set[int] = set()

    def write(self, piece: ToolCallDelta) -> None:
        """Show one piece at once."""
        if piece.index in self._ended:
            self._torn.add(piece.index)
            return
        if piece.index != self._open:
            self.end(")")
            self._open = piece.index
            label = self._terminal.paint_err("tool call:", "bold", "magenta")
            self._say(f"{label} {visible_line(piece.name or '')}(")
        self._say(visible_line(piece.arguments))

    def end(self, mark: str = "") -> None:
        """End the line of the call that is under way, if one is; `mark` closes a whole one."""
        if self._open is not None:
            self._say(f"{mark}\n")
            self._ended.add(self._open)
            self._open = None

    def finish(self, calls: dict[int, ToolCall], *, complete: bool) -> None:
        """End the last line, and show anew what was torn."""
        self.end(")" if complete else "")
        for index in sorted(self._torn):
            call = calls[index]
            label = self._terminal.paint_err("tool call:", "bold", "magenta")
            self._say(f"{label} {visible_line(f'{call.name}({call.arguments})')}\n")

    def _say(self, text: str) -> None:
        self._terminal.err.write(text)
        self._terminal.err.flush()

"""What the rules look at: one prompt file's data, and which parts of it are already known as broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from promptctl.core.document import Document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json
from promptctl.core.prompt import Path
from promptctl.core.rules import found
from promptctl.core.schema_words import SchemaProblem
from promptctl.core.value_words import about


@dataclass(frozen=True, slots=True)
class Subject:
    """One prompt file under check. Values that already have a finding are not looked at again."""

    document: Document
    data: Mapping[str, Json]
    broken: frozenset[Path]
    off: frozenset[str] = frozenset()
    """Rules that nobody asks about: what they would find costs a look at places, and is not made."""
    place: Callable[[Path], Path] | None = None
    """Where in the file a value is to be found, for data that is not the file's as it stands."""

    def wants(self, rule: str) -> bool:
        """Whether somebody asks about a rule."""
        return rule not in self.off

    def value(self, *path: str | int) -> Json:
        """The value at a path; None where there is none, or where it is broken."""
        if not self.broken:
            return lookup(self.data, path)
        cut = any(path[:length] in self.broken for length in range(len(path) + 1))
        return None if cut else lookup(self.data, path)

    def is_sound(self, path: Path) -> bool:
        """Whether nothing at a path, around it or in it is known as broken."""
        return not any(path[: len(b)] == b or b[: len(path)] == path for b in self.broken)

    def mapping(self, *path: str | int) -> Mapping[str, Json]:
        """The mapping at a path; empty where there is none."""
        value = self.value(*path)
        return value if value is not None and isinstance(value, (dict, Mapping)) else {}

    def items(self, *path: str | int) -> Iterator[tuple[int, Json]]:
        """The sound items of the list at a path, with their indexes."""
        value = self.value(*path)
        if value and not isinstance(value, str) and isinstance(value, (list, Sequence)):
            for index, item in enumerate(value):
                if not self.broken or (*path, index) not in self.broken:
                    yield index, item

    def found(
        self, rule: str, path: Path, message: str, hint: str | None = None, *, key: bool = False
    ) -> Finding:
        """A finding at the value, or the key, at a path."""
        path = path if self.place is None else self.place(path)
        return found(rule, self.document.location(path, key=key), message, hint)

    def worded(
        self, rule: str, path: Path, problems: Sequence[SchemaProblem], subject: str
    ) -> Iterator[Finding]:
        """Findings for what a JSON Schema says about the value at `path`."""
        for problem in problems:
            place = (*path, *problem.path)
            message = about(subject, problem.message)
            yield self.found(rule, place, message, problem.hint, key=problem.at_key)


def lookup(data: Json, path: Path) -> Json:
    """The value at a path; None where there is none."""
    for part in path:
        # Asking an abstract class costs a multiple of the rest: first what nearly all data is.
        if data is None:
            return None
        if isinstance(part, str):
            data = data.get(part) if isinstance(data, (dict, Mapping)) else None
        elif not isinstance(data, str) and isinstance(data, (list, Sequence)) and part < len(data):
            data = data[part]
        else:
            return None
    return data

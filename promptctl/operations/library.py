"""What programs call: a repository with its journeys, and each journey by itself.

What makes and reads releases loads when it is called: a program that only renders or runs needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from promptctl.core.invocation import RenderedMessage
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt
from promptctl.core.release import DEFAULT_LABEL
from promptctl.core.render import check_variables, render_messages
from promptctl.errors import UsageProblem
from promptctl.operations.parameters import check_parameters
from promptctl.operations.repository import OpenRepository
from promptctl.operations.repository import open_repository as open_place
from promptctl.operations.run import Conduct, Run, RunOptions, plan_invocation, start_run
from promptctl.operations.validate import Report, Selection
from promptctl.operations.validate import validate as validate_selection
from promptctl.settings import process_environ

if TYPE_CHECKING:
    from promptctl.core.diff import Diff
    from promptctl.core.record import Record
    from promptctl.core.release_log import ReleaseLog
    from promptctl.core.release_plan import Published
    from promptctl.core.standing import RemoteStanding, Resolution, Standing
    from promptctl.operations.library_releases import Moment, Moved
    from promptctl.operations.verify import Verification


def silent(_: object) -> None:
    """Nobody listens."""


class Repository(OpenRepository):
    """A prompt repository, with what the commands do as methods."""

    __slots__ = ()

    def validate(self, *targets: str, changed: bool = False, base: str | None = None) -> Report:
        """Every finding about the prompts that match, by default about all of them."""
        return validate(self, *targets, changed=changed, base=base)

    def render(
        self, reference: str, variables: Mapping[str, Json] | None = None
    ) -> tuple[RenderedMessage, ...]:
        """The messages that a prompt would send. Raises VariablesRefused with every problem."""
        return render(self.prompt(reference), variables)

    def run(
        self,
        reference: str,
        variables: Mapping[str, Json] | None = None,
        *,
        provider: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Json] | None = None,
        stream: bool = True,
        seconds: float | None = None,
        fallbacks: bool = True,
        retry_invalid: int = 0,
    ) -> Run:
        """The run of a prompt: iterate over it for the events as they arrive."""
        return run(
            self.prompt(reference),
            variables,
            provider=provider,
            model=model,
            parameters=parameters,
            stream=stream,
            seconds=seconds,
            fallbacks=fallbacks,
            retry_invalid=retry_invalid,
            environ=self.environ,
        )

    def diff(
        self,
        *targets: str,
        cached: bool = False,
        render: bool = False,
        variables: Mapping[str, Json] | None = None,
    ) -> Diff:
        """What differs between two states: `diff("greeting@1", "greeting@2")`, `diff("main...HEAD")`."""
        from promptctl.operations.library_diff import diff

        return diff(self, *targets, cached=cached, render=render, variables=variables)

    def publish(
        self,
        *targets: str,
        everything: bool = False,
        label: str = DEFAULT_LABEL,
        message: str = "",
        allow_breaking: bool = False,
        allow_older: bool = False,
        push: bool = True,
        sign: bool = False,
        atomic: bool = False,
        new_label: bool = False,
        dry_run: bool = False,
        note: Callable[[str], None] = silent,
        done: Callable[[Published], None] = silent,
    ) -> tuple[Published, ...]:
        """What was made of the prompts of HEAD that match; a breaking change is refused unless allowed."""
        from promptctl.operations.library_releases import publish

        return publish(
            self,
            *targets,
            everything=everything,
            label=label,
            message=message,
            allow_breaking=allow_breaking,
            allow_older=allow_older,
            push=push,
            sign=sign,
            atomic=atomic,
            new_label=new_label,
            dry_run=dry_run,
            note=note,
            done=done,
        )

    def label(
        self,
        reference: str,
        label: str,
        *,
        delete: bool = False,
        message: str = "",
        allow_breaking: bool = False,
        push: bool = True,
        sign: bool = False,
        new_label: bool = False,
        dry_run: bool = False,
        note: Callable[[str], None] = silent,
    ) -> Moved:
        """The move of a label to the version that `NAME@REF` means; with `delete` to nothing."""
        from promptctl.operations.library_releases import label as move

        return move(
            self,
            reference,
            label,
            delete=delete,
            message=message,
            allow_breaking=allow_breaking,
            push=push,
            sign=sign,
            new_label=new_label,
            dry_run=dry_run,
            note=note,
        )

    def rollback(
        self,
        name: str,
        *,
        message: str = "",
        label: str = DEFAULT_LABEL,
        to: int | None = None,
        at: Moment | None = None,
        undo: bool = False,
        push: bool = True,
        sign: bool = False,
        dry_run: bool = False,
        note: Callable[[str], None] = silent,
    ) -> Moved:
        """The move of a label back to what it named before, to a version, or to what it named at a time."""
        from promptctl.operations.library_releases import rollback

        return rollback(
            self,
            name,
            message=message,
            label=label,
            to=to,
            at=at,
            undo=undo,
            push=push,
            sign=sign,
            dry_run=dry_run,
            note=note,
        )

    def push(
        self, *, dry_run: bool = False, note: Callable[[str], None] = silent
    ) -> tuple[str, ...]:
        """The tags of the records that only this clone had, which the remote has now."""
        from promptctl.operations.library_releases import push

        return push(self, dry_run=dry_run, note=note)

    def log(
        self, name: str | None = None, *, label: str | None = None, limit: int | None = None
    ) -> ReleaseLog:
        """The versions and label moves of one prompt or of all, newest first."""
        from promptctl.operations.log import read_log

        if limit is not None and limit < 1:
            raise UsageProblem(f"limit={limit} would show nothing")
        return read_log(self, name, label=label, limit=limit)

    def live(
        self,
        pattern: str | None = None,
        *,
        label: str = DEFAULT_LABEL,
        at: Moment | None = None,
    ) -> tuple[Record, ...]:
        """Of each prompt that matches, the record of the label that is in force, or was at a time."""
        from promptctl.operations.library_releases import live

        return live(self, label, pattern, at)

    def status(self, pattern: str | None = None) -> tuple[Standing, ...]:
        """Where each prompt stands whose name matches: against HEAD, its latest version, its labels."""
        from promptctl.operations.status import prompt_standings

        return prompt_standings(self, pattern)

    def remote_status(self) -> RemoteStanding:
        """What is not the same here and at the remote, which is asked. Raises RemoteUnreachable."""
        from promptctl.operations.status import remote_standing

        return remote_standing(self)

    def resolve(self, reference: str) -> Resolution:
        """The commit that a reference leads to, and every step on the way."""
        from promptctl.operations.resolve import resolve_reference

        return resolve_reference(self, reference)

    def verify(self, name: str | None = None, *, offline: bool = False) -> Verification:
        """Whether the record, of one prompt or of all, is unbroken; the remote is asked unless `offline`."""
        from promptctl.operations.verify import verify

        return verify(self, name, offline=offline)


def open_repository(
    directory: Path | str = ".", environ: Mapping[str, str] | None = None
) -> Repository:
    """The prompt repository that a folder belongs to; a bare name means its published version.

    Raises NotARepository and SettingsInvalid.
    """
    place = open_place(directory, environ)
    return Repository(
        place.directory,
        place.settings,
        place.environ,
        place.worktree,
        place.history,
        place.bare_name,
    )


def validate(
    repository: OpenRepository | Path | str = ".",
    *targets: str,
    changed: bool = False,
    base: str | None = None,
) -> Report:
    """Every finding about a repository's prompts, or about those that match the targets.

    A target is the name of a prompt, a glob over names, or a path. `changed` looks only at what the
    working tree changes against `base`.
    """
    if not isinstance(repository, OpenRepository):
        repository = open_repository(repository)
    return validate_selection(repository, Selection(targets, changed, base))


def render(
    prompt: Prompt, variables: Mapping[str, Json] | None = None
) -> tuple[RenderedMessage, ...]:
    """The messages that would be sent. Raises VariablesRefused with every problem."""
    return render_messages(prompt, _checked(prompt, variables))


def run(
    prompt: Prompt,
    variables: Mapping[str, Json] | None = None,
    *,
    provider: str | None = None,
    model: str | None = None,
    parameters: Mapping[str, Json] | None = None,
    stream: bool = True,
    seconds: float | None = None,
    fallbacks: bool = True,
    retry_invalid: int = 0,
    environ: Mapping[str, str] | None = None,
) -> Run:
    """The run of a prompt: iterate over it for the events as they arrive; `answer` adds them up.

    Nothing is sent before the first event is asked for. `seconds` limits the whole run; keys and
    origins come from `environ`, by default this process's environment, and the user's configuration.
    Where the provider does not answer, the prompt's fallbacks are asked, unless a provider or a model is
    named here. With `retry_invalid` an answer is held back until it has the form of `response_format`.
    """
    options = RunOptions(provider, model, check_parameters(parameters or {}), stream, fallbacks)
    invocation = plan_invocation(prompt, _checked(prompt, variables), options)
    conduct = Conduct({} if seconds is None else {"total": seconds}, retry_invalid)
    return start_run(invocation, process_environ() if environ is None else environ, conduct)


def _checked(prompt: Prompt, variables: Mapping[str, Json] | None) -> dict[str, Json]:
    if variables is not None and not isinstance(variables, Mapping):
        raise UsageProblem("variables are no mapping of names to values")
    return check_variables(prompt, variables or {})

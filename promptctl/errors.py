"""The error tree. Each class carries its exit code; the command line and the server turn it into words.

PromptctlError(message, hint)
├─ UsageProblem 2        SettingsInvalid, ReferenceInvalid, VariablesRefused, ExtraMissing, IdentityMissing,
│                       ModelMissing, RequestImpossible
├─ PromptInvalid 1       carries its findings; lives in core/finding.py
├─ FileRefused 1         a link, a device, too large, ignored or unreadable
├─ NotFound 3            NotARepository, PromptNotFound, FileMissing, RevisionNotFound, VersionNotFound
│                       LabelNotFound
├─ Refused 4             AlreadyExists, NotCommitted, NotMerged, BreakingChange, OlderThanLatest, LostRace,
│                       NotPushed, NothingBefore, PushRefused, RemoteUnreachable, SigningFailed
├─ ProviderError 5       RateLimited, RequestRefused, ProviderUnavailable (ServerNotRunning),
│                       StreamBroken (TooSlow), OutputInvalid
├─ CredentialError 6     KeyMissing, KeyRefused
├─ Interrupted 130
├─ Bug 70
└─ LocalIOError 74       disk full, unwritable output, git that does not start
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_WORD_START = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class PromptctlError(Exception):
    """An expected failure: one sentence, the next thing to type, and an exit code."""

    exit_code = 70

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by what it holds, because each class takes facts of its own."""
        return _revived, (type(self), self.message, self.__dict__)

    def joined_by(self, more: str) -> PromptctlError:
        """The same error, whose message goes on."""
        message = f"{self.message}; {more}"
        return _revived(type(self), message, {**self.__dict__, "message": message})

    @property
    def kind(self) -> str:
        """The stable machine name of this kind of error, e.g. `prompt_not_found`."""
        return _WORD_START.sub("_", type(self).__name__).lower()


def _revived(
    kind: type[PromptctlError], message: str, facts: Mapping[str, object]
) -> PromptctlError:
    error = kind.__new__(kind, message)
    error.__dict__.update(facts)
    return error


class UsageProblem(PromptctlError):
    """The command line, a setting or a variable is not what the command takes."""

    exit_code = 2


class SettingsInvalid(UsageProblem):
    """promptctl.yaml or the user's own configuration cannot be used as it stands."""


class ReferenceInvalid(UsageProblem):
    """What the user typed is no reference to a prompt."""


class VariablesRefused(UsageProblem):
    """The given variables do not fit the prompt's declared interface; `problems` names every one."""

    def __init__(self, prompt: str, problems: Sequence[str], hint: str | None = None) -> None:
        self.prompt = prompt
        self.problems = tuple(problems)
        super().__init__(f"{prompt}: {'; '.join(self.problems)}", hint)


class ExtraMissing(UsageProblem):
    """The command needs an optional part of promptctl that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} is not installed", f"pip install 'promptctl-git[{extra}]'")


class RequestImpossible(UsageProblem):
    """The provider's format cannot carry what the prompt or the command line asks for; nothing was sent."""


class IdentityMissing(UsageProblem):
    """Git does not know who makes a record."""


class ModelMissing(UsageProblem):
    """The embedded model's weights are not on this machine, or are not what they should be."""


class NotFound(PromptctlError):
    """Something named does not exist."""

    exit_code = 3


class NotARepository(NotFound):
    """There is no prompt repository here."""


class PromptNotFound(NotFound):
    """No prompt of that name exists at that place."""


class FileMissing(NotFound):
    """A file that was named, or that a prompt includes, does not exist there."""


class FileRefused(PromptctlError):
    """A file that is there but must not be used: a link, a device, too large, ignored, unreadable."""

    exit_code = 1


class RevisionNotFound(NotFound):
    """Git knows no commit by that name."""


class VersionNotFound(NotFound):
    """The prompt has no such version or label."""


class LabelNotFound(NotFound):
    """The prompt has no such label, or the label names nothing."""


class Refused(PromptctlError):
    """The state of things forbids it; nothing was changed."""

    exit_code = 4


class NotCommitted(Refused):
    """What is to be published is not what HEAD holds."""


class NotMerged(Refused):
    """The commit is not on the branch that the label belongs to, as the remote has it."""


class BreakingChange(Refused):
    """Callers of the label would have to change."""


class OlderThanLatest(Refused):
    """The latest version was made from a commit that this one does not come after."""


class LostRace(Refused):
    """Somebody else released meanwhile; the message says who and what."""


class NotPushed(Refused):
    """Records of this clone are not at the remote, and what comes on top of them cannot go there."""


class NothingBefore(Refused):
    """There is nothing to roll back to, or nothing to undo."""


class PushRefused(Refused):
    """The remote did not take a record; its own words are in the message."""


class RemoteUnreachable(Refused):
    """The remote could not be asked, so nothing could be released there."""


class SigningFailed(Refused):
    """Git could not sign a record."""


class AlreadyExists(Refused):
    """It would overwrite something."""


class ProviderError(PromptctlError):
    """The provider failed, refused or answered nonsense."""

    exit_code = 5


class RateLimited(ProviderError):
    """The provider asks for fewer requests; `retry_after` is its wish in seconds, if it said one."""

    def __init__(
        self, message: str, hint: str | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class RequestRefused(ProviderError):
    """The provider understood the request and will not serve it; sending it again would not help."""


class ProviderUnavailable(ProviderError):
    """The provider could not be reached, or failed on its side; trying again may help."""

    def __init__(
        self, message: str, hint: str | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class ServerNotRunning(ProviderUnavailable):
    """Nothing listens at an address of this machine; trying again at once would not help."""


class StreamBroken(ProviderError):
    """The answer began and did not come to its end; what came is not a complete answer."""


class TooSlow(StreamBroken):
    """The answer did not begin, or not go on, within the time allowed for it."""


class OutputInvalid(ProviderError):
    """What came back is not what the protocol or the prompt's response format allows."""


class CredentialError(PromptctlError):
    """A key is missing, malformed or rejected."""

    exit_code = 6


class KeyMissing(CredentialError):
    """No key for this provider in the environment or the keyring."""


class KeyRefused(CredentialError):
    """The provider rejected the key."""


class LocalIOError(PromptctlError):
    """This machine could not read, write or start something."""

    exit_code = 74


class GitStopped(LocalIOError):
    """A git process ended before it had answered."""

    def __init__(self) -> None:
        super().__init__("git stopped while reading", "git fsck")


class Bug(PromptctlError):
    """Promptctl itself is wrong: something happened that it did not expect."""


class Interrupted(PromptctlError):
    """The user stopped it (Ctrl-C)."""

    exit_code = 130

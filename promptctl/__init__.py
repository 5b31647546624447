"""Prompts as code, on plain git."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptctl import errors as errors
    from promptctl.core.answer import Answer as Answer
    from promptctl.core.audit import Problem as Problem
    from promptctl.core.change import Change as Change
    from promptctl.core.change import Effect as Effect
    from promptctl.core.diff import Diff as Diff
    from promptctl.core.diff import PromptDiff as PromptDiff
    from promptctl.core.finding import Finding as Finding
    from promptctl.core.finding import Location as Location
    from promptctl.core.finding import PromptInvalid as PromptInvalid
    from promptctl.core.finding import Severity as Severity
    from promptctl.core.invocation import Event as Event
    from promptctl.core.invocation import Finished as Finished
    from promptctl.core.invocation import ReasoningDelta as ReasoningDelta
    from promptctl.core.invocation import RenderedMessage as RenderedMessage
    from promptctl.core.invocation import Started as Started
    from promptctl.core.invocation import TextDelta as TextDelta
    from promptctl.core.invocation import ToolCallDelta as ToolCallDelta
    from promptctl.core.invocation import Usage as Usage
    from promptctl.core.prompt import Prompt as Prompt
    from promptctl.core.record import Record as Record
    from promptctl.core.release_log import ReleaseLog as ReleaseLog
    from promptctl.core.release_plan import MovePlan as MovePlan
    from promptctl.core.release_plan import Published as Published
    from promptctl.core.release_plan import PublishPlan as PublishPlan
    from promptctl.core.standing import RemoteStanding as RemoteStanding
    from promptctl.core.standing import Resolution as Resolution
    from promptctl.core.standing import Standing as Standing
    from promptctl.errors import PromptctlError as PromptctlError
    from promptctl.operations.library import Repository as Repository
    from promptctl.operations.library import open_repository as open_repository
    from promptctl.operations.library import render as render
    from promptctl.operations.library import run as run
    from promptctl.operations.library import validate as validate
    from promptctl.operations.library_diff import diff as diff
    from promptctl.operations.library_releases import Moved as Moved
    from promptctl.operations.library_releases import publish as publish
    from promptctl.operations.library_releases import rollback as rollback
    from promptctl.operations.run import Run as Run
    from promptctl.operations.validate import Report as Report
    from promptctl.operations.verify import Verification as Verification

__version__ = "0.1.0"

_HOMES = {
    "errors": "errors",
    "Answer": "core.answer",
    "Change": "core.change",
    "Diff": "core.diff",
    "Effect": "core.change",
    "Event": "core.invocation",
    "Finding": "core.finding",
    "Finished": "core.invocation",
    "Location": "core.finding",
    "MovePlan": "core.release_plan",
    "Moved": "operations.library_releases",
    "Problem": "core.audit",
    "Prompt": "core.prompt",
    "PromptDiff": "core.diff",
    "PromptInvalid": "core.finding",
    "PromptctlError": "errors",
    "PublishPlan": "core.release_plan",
    "Published": "core.release_plan",
    "ReasoningDelta": "core.invocation",
    "Record": "core.record",
    "ReleaseLog": "core.release_log",
    "RemoteStanding": "core.standing",
    "RenderedMessage": "core.invocation",
    "Report": "operations.validate",
    "Repository": "operations.library",
    "Resolution": "core.standing",
    "Run": "operations.run",
    "Severity": "core.finding",
    "Standing": "core.standing",
    "Started": "core.invocation",
    "TextDelta": "core.invocation",
    "ToolCallDelta": "core.invocation",
    "Usage": "core.invocation",
    "Verification": "operations.verify",
    "diff": "operations.library_diff",
    "open_repository": "operations.library",
    "publish": "operations.library_releases",
    "render": "operations.library",
    "rollback": "operations.library_releases",
    "run": "operations.library",
    "validate": "operations.library",
}
"""Public name -> the module that holds it, loaded when the name is first used."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'promptctl' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"promptctl.{home}")
    return module if name == "errors" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)

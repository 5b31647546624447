"""Keep one comment with the report of `promptctl ci` on a pull request of GitHub.

The comment is found by the hidden marker in the report's first line, and by its author: nobody else's is
touched. Whatever goes wrong is a notice; the review itself has been made, and its verdict stands.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PAGE = 100
MOST_PAGES = 30
SECONDS = 20
NOTHING = "<!-- nothing to review -->"


class Unreachable(Exception):
    """The API cannot be used, in one sentence."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


_OPENER = urllib.request.build_opener(_NoRedirects)


class Comments:
    """The comments of one pull request."""

    def __init__(self, api: str, repository: str, number: int, token: str) -> None:
        self._issues = f"{api}/repos/{repository}/issues"
        self._of_this = f"{self._issues}/{number}/comments"
        self._token = token

    def find(self, marker: str, author: str) -> int | None:
        """The id of the comment that an earlier run left."""
        for page in range(1, MOST_PAGES + 1):
            found = self._ask("GET", f"{self._of_this}?per_page={PAGE}&page={page}")
            if not isinstance(found, list):
                raise Unreachable("the answer is no list of comments")
            for one in found:
                is_own = (one.get("user") or {}).get("login") == author
                if is_own and str(one.get("body", "")).splitlines()[:1] == [marker]:
                    return int(one["id"])
            if len(found) < PAGE:
                break
        return None

    def create(self, text: str) -> None:
        """Write a new one."""
        self._ask("POST", self._of_this, {"body": text})

    def update(self, comment: int, text: str) -> None:
        """Let one say something else."""
        self._ask("PATCH", f"{self._issues}/comments/{comment}", {"body": text})

    def _ask(self, method: str, url: str, value: object = None) -> Any:
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(url, body, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("Content-Type", "application/json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with _OPENER.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403, 404):
                raise Unreachable(
                    f"the token may not do that ({error.code}): from a fork it can only read; else the job"
                    " needs `permissions: pull-requests: write`"
                ) from None
            raise Unreachable(f"the API answered {error.code}") from None
        except (OSError, ValueError) as error:
            raise Unreachable(f"the API cannot be reached: {type(error).__name__}") from None


def keep_comment(report: Path) -> str:
    """Create or update the comment; what was done, in a word."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    api, repository = os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"]
    text = report.read_text(encoding="utf-8")
    marker = text.splitlines()[0]
    comments = Comments(
        api, repository, int(event["pull_request"]["number"]), os.environ["PROMPTCTL_TOKEN"]
    )
    found = comments.find(marker, os.environ["PROMPTCTL_COMMENT_AUTHOR"])
    if found is not None:
        comments.update(found, text)
        return "updated"
    if NOTHING in text.splitlines()[:2]:
        return "not needed"
    comments.create(text)
    return "created"


def main() -> None:
    """Keep the comment, or say why not."""
    try:
        done = keep_comment(Path(sys.argv[1]))
    except (Unreachable, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        words = str(error) if isinstance(error, Unreachable) else f"{type(error).__name__}: {error}"
        said = words.replace("%", "%25").replace("\r", " ").replace("\n", " ")
        sys.stdout.write(f"::notice title=promptctl::no comment on the pull request: {said}\n")
    else:
        sys.stdout.write(f"comment on the pull request: {done}\n")


if __name__ == "__main__":
    main()

"""Print where the embedded model's weights are installed; nothing if they are not.

For the Makefile: tests see a home of their own and are told of the real file by a variable.
"""

from __future__ import annotations

import os
import sys

from promptctl.errors import PromptctlError
from promptctl.state.model import find_weights


def main() -> None:
    """Write the path of the weights to standard output."""
    try:
        sys.stdout.write(f"{find_weights(os.environ)}\n")
    except PromptctlError as error:
        sys.stderr.write(f"{error.message}\n")


if __name__ == "__main__":
    main()

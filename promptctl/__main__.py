"""The process: `python -m promptctl` and the `promptctl` script."""

import os
import sys


def run() -> None:
    """Run the command line and end the process with its exit code, skipping interpreter teardown."""
    if sys.argv[1:] == ["--version"]:
        from promptctl import __version__

        sys.stdout.write(f"promptctl {__version__}\n")
        sys.stdout.flush()
        os._exit(0)
    import gc

    gc.disable()  # short-lived: collecting costs more than it frees; long commands turn it on again
    try:
        from promptctl.cli.app import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # pressed while the program was still loading
        code = 130
    os._exit(code)


if __name__ == "__main__":
    run()

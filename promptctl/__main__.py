"""The process: `python -m promptctl` and the `promptctl` script."""

import os
import sys


def run() -> None:
    """Run the command line and end the process with its exit code, skipping interpreter teardown."""
    if sys.argv[1:] == ["--version"] and _print_version():
        os._exit(0)
    import gc

    gc.disable()  # short-lived: collecting costs more than it frees; long commands turn it on again
    _fill_standard_descriptors()
    try:
        if sys.argv[1:2] == ["git-textconv"]:
            from promptctl.cli.git_textconv import write_readable

            code = write_readable(sys.argv[2:])
        else:
            from promptctl.cli.app import main

            code = main(sys.argv[1:])
    except KeyboardInterrupt:  # pressed while the program was still loading
        code = 130
    os._exit(code)


def _print_version() -> bool:
    """Print the version with nothing loaded; False if that failed and has to be explained."""
    from promptctl import __version__

    try:
        os.write(1, f"promptctl {__version__}\n".encode())
    except OSError:
        return False
    return True


def _fill_standard_descriptors() -> None:
    """Let no file that is opened later take the number of a closed standard stream."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    run()

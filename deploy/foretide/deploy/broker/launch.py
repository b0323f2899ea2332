"""Start a program so that it dies with its parent: `python launch.py PARENT_PID PROGRAM ARGUMENT...`.

Run as a script, with nothing but the standard library: the process asks the kernel for SIGKILL at its parent's death,
then becomes the program. The request survives the change of program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask, look whether the parent is still there, and become the program."""
    parent, *command = arguments
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before the kernel was told
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as e:
        sys.exit(f"{command[0]} cannot be run: {e.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])

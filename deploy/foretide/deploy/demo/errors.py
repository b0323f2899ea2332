"""What can go wrong with a demo.

ForetideError
└── DemoError               the demo cannot go on: what happened, and where to look
    └── NotReconciled       it ended, but its numbers or hashes disagree
"""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.errors import ForetideError


class DemoError(ForetideError):
    """The demo cannot start or go on; `str()` says why in one line."""


class NotReconciled(DemoError):
    """The demo ended, but its numbers or hashes disagree; `findings` has one sentence each."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("the run does not reconcile: " + "; ".join(findings))
        self.findings = tuple(findings)

"""Errors of looking at plans."""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class PlanError(ForetideError):
    """A pool or an application that is not there; `str()` is one line fit for a user."""

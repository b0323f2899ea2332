"""What can go wrong when profiles are looked at."""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class ProfileViewError(ForetideError):
    """A profile cannot be shown: which, and why not; one line fit for a user."""

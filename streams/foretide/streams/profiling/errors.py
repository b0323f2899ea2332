"""What can go wrong with a profile."""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class ProfileError(ForetideError):
    """A profile cannot be put back from its snapshot: whose it is, and why not."""

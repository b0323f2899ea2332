"""What can go wrong with a recording.

ForetideError
└── ReplayError         a recording that cannot be used: which file, where in it, and why
"""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class ReplayError(ForetideError):
    """A recording that cannot be read or replayed; `str()` names the file or topic, the place and the reason."""

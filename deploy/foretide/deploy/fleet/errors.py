"""What can go wrong with training a fleet model.

ForetideError
└── FleetError              what was given cannot be trained on: what, and the remedy
"""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class FleetError(ForetideError):
    """What was given cannot be trained on; `str()` says what and how to help."""

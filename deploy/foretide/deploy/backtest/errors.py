"""What can go wrong with a backtest.

ForetideError
└── BacktestError           what was given cannot be backtested: what, and the remedy
"""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class BacktestError(ForetideError):
    """What was given cannot be backtested; `str()` says what and how to help."""

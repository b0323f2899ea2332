"""What sources produce: samples, and the ticks that carry them in time order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foretide.schemas.messages import Column


class Sample(msgspec.Struct, frozen=True, gc=False):
    """The readings of one application on one resource at one instant.

    `at_ms` is event time, epoch milliseconds; `step_ms` the nominal distance to the application's next sample.
    `values` maps signals to readings in their units; None is an unsupported or missing reading. `columns` says where
    a replayed signal came from; `phase`, `user` and it are passed through to the window.
    """

    app: str
    resource: str
    at_ms: int
    step_ms: int
    values: dict[str, float | None]
    phase: str | None = None
    columns: dict[str, Column] | None = None
    user: str | None = None


class Tick(msgspec.Struct, frozen=True, gc=False):
    """All samples of one instant. A tick without samples still tells that time has passed."""

    at_ms: int
    samples: Sequence[Sample]

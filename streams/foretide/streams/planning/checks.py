"""What an event must keep to beyond its schema: names that some geometry knows, bounds that are in order."""

from __future__ import annotations

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import (
    PROVISIONING_APP,
    AllocateRequest,
    AppPolicy,
    InventoryEvent,
    OomEvent,
    PauseEvent,
    PolicyEvent,
    ReleaseRequest,
    ResumeEvent,
)
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.layout import LAYOUTS

Checked = AllocateRequest | ReleaseRequest | InventoryEvent | PolicyEvent | OomEvent | PauseEvent | ResumeEvent


def check(event: Checked) -> None:
    """InvalidMessage names the field that cannot be kept to."""
    if isinstance(event, InventoryEvent):
        for i, report in enumerate(event.resources):
            _check_geometry(report.geometry, f"$.resources[{i}].geometry")
    elif isinstance(event, PolicyEvent):
        _check_policy(event.default, "$.default")
        for name in sorted(event.apps):
            _check_policy(event.apps[name], f"$.apps.{name}")
        for i, kind in enumerate(event.provisioning.kinds):
            _check_geometry(kind.geometry, f"$.provisioning.kinds[{i}].geometry")
    elif isinstance(event, AllocateRequest) and event.app == PROVISIONING_APP:
        raise InvalidMessage(POOL_EVENTS, "$.app", f"{PROVISIONING_APP} stands for the pool itself; take another name")


def _check_geometry(name: str, place: str) -> None:
    if name not in LAYOUTS:
        known = ", ".join(sorted(LAYOUTS))
        raise InvalidMessage(POOL_EVENTS, place, f"unknown geometry {name!r}; this build knows {known}")


def _check_policy(policy: AppPolicy, place: str) -> None:
    for field in ("min_slice", "max_slice", "initial_slice"):
        name = getattr(policy, field)
        if name is not None and not any(name in of.index for of in LAYOUTS.values()):
            known = ", ".join(dict.fromkeys(name for of in LAYOUTS.values() for name in of.names))
            raise InvalidMessage(POOL_EVENTS, f"{place}.{field}", f"unknown slice {name!r}; there are {known}")
    low, high = policy.min_slice, policy.max_slice
    for of in LAYOUTS.values():
        if low in of.index and high in of.index and of.index[low] > of.index[high]:
            raise InvalidMessage(POOL_EVENTS, f"{place}.min_slice", f"{low} is larger than max_slice {high}")

"""What kinds of resources a pool has: how each is cut, what it costs, and how fast it is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from foretide.schemas.messages.base import Part
from foretide.schemas.units import Name, Ratio, Seconds, require_finite

ResourceClass = Literal["gpu", "mig", "vgpu", "mxgpu", "mps", "cpu_vm", "gpu_vm", "fpga", "bare_metal"]
Price = Annotated[float, Meta(ge=0.0, le=1e6, description="money, in the pool's currency")]
Amount = Annotated[float, Meta(ge=0.0, le=1e18)]


class Throughput(Part, frozen=True, kw_only=True):
    """How much of a workload kind's own unit of work (steps, tokens, frames) the resource does in a second.

    `slice` is the class it was measured on. None: on the whole resource; a slice then has its share of compute of it.
    """

    workload: Name
    per_second: Amount
    slice: Name | None = None

    def __post_init__(self) -> None:
        require_finite(per_second=self.per_second)


class Interference(Part, frozen=True, kw_only=True):
    """The share of its throughput that `workload` loses to one neighbour of kind `beside` on the same resource."""

    workload: Name
    beside: Name
    loss: Ratio


class ResourceKind(Part, frozen=True, kw_only=True):
    """Resources that are alike. `geometry` is a name in foretide.schemas.slices.ALL_GEOMETRIES."""

    name: Name
    resource_class: ResourceClass
    geometry: Name
    price_per_hour: Price
    """Of one whole resource in use."""
    relative_compute: Annotated[float, Meta(gt=0.0, le=1e3)] = 1.0
    """Compute of one whole resource in terms of the card that compute shares in telemetry are stated in: a card that is
    as fast as a third of it has 0.33. Needs of compute are compared with it."""
    availability: Literal["on_demand", "interruptible"] = "on_demand"
    interruptions_per_hour: Annotated[float, Meta(ge=0.0, le=3600.0)] = 0.0
    """How often one is taken away, on average."""
    capacity: dict[Name, Amount] = field(default_factory=dict)
    """What else it holds: cpu_cores, memory_bytes, disk_bytes and the like."""
    throughput: list[Throughput] = field(default_factory=list)
    interference: list[Interference] = field(default_factory=list)
    """Pairs not named lose nothing."""
    provisioning_seconds: Seconds = 0.0
    """From asking for one until it can be used."""
    resize_seconds: Seconds = 0.0
    """How long an application stands still when it gets another slice of the same resource."""
    migration_seconds: Seconds = 0.0
    """The same when it moves to another resource."""

    def __post_init__(self) -> None:
        require_finite(
            price_per_hour=self.price_per_hour,
            interruptions_per_hour=self.interruptions_per_hour,
            provisioning_seconds=self.provisioning_seconds,
            resize_seconds=self.resize_seconds,
            migration_seconds=self.migration_seconds,
        )

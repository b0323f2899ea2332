"""Slice geometries as data: what each kind of resource can be cut into, and where each slice may sit."""

from __future__ import annotations

from typing import Final

from foretide.schemas.slices.geometry import Geometry, Rule, SliceProfile
from foretide.schemas.slices.mig import MIG, MIG_40GB, MIG_80GB, MIG_141GB, MIG_180GB
from foretide.schemas.slices.mxgpu import MXGPU
from foretide.schemas.slices.shares import SHARES, cores, mps, whole
from foretide.schemas.slices.vgpu import VGPU

GEOMETRIES: Final = {g.name: g for g in MIG}
"""The cards that exporters announce and actuators can cut, by name."""

ALL_GEOMETRIES: Final = {g.name: g for g in (*MIG, *VGPU, *MXGPU, *SHARES)}
"""Every geometry known by name, those that only an optimiser or a pool file uses included."""

__all__ = [
    "ALL_GEOMETRIES",
    "GEOMETRIES",
    "MIG_40GB",
    "MIG_80GB",
    "MIG_141GB",
    "MIG_180GB",
    "Geometry",
    "Rule",
    "SliceProfile",
    "cores",
    "mps",
    "whole",
]

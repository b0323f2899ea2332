"""What applications have in common: one small network, trained on many of them, that forecasts any of them.

It is fixed within a version; what is learned from sample to sample is per application, elsewhere. So a replay is exact.

The network that ships, `default.fleet`, is made by `make default-fleet`, with FORETIDE_TRACES naming the folder of the
openly licensed recordings it is trained on. `foretide fleet show` tells which they are and how it was trained.
"""

from foretide.streams.fleet.features import FEATURES, features
from foretide.streams.fleet.file import FleetFileError, default_network, load, save
from foretide.streams.fleet.network import KINDS, LEVELS, STEPS, Network

__all__ = [
    "FEATURES",
    "KINDS",
    "LEVELS",
    "STEPS",
    "FleetFileError",
    "Network",
    "default_network",
    "features",
    "load",
    "save",
]

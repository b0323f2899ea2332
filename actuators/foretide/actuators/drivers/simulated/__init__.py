"""A pool of cards that exists in a file: real geometry and placement, seeded latency and failures."""

from foretide.actuators.drivers.simulated.driver import SimulatedDriver
from foretide.actuators.drivers.simulated.faults import Faults
from foretide.actuators.drivers.simulated.pool import SimulatedPool

__all__ = ["Faults", "SimulatedDriver", "SimulatedPool"]

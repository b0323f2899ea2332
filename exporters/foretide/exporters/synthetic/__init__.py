"""Made-up applications from a seed: the same seed gives the same samples, whenever and wherever it runs."""

from foretide.exporters.synthetic.fleet import FIRST_MS, KINDS, USUAL, FleetSettings, ticks, windows

__all__ = ["FIRST_MS", "KINDS", "USUAL", "FleetSettings", "ticks", "windows"]

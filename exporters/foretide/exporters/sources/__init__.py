"""Where samples come from, behind one interface."""

from foretide.exporters.sources.base import Source
from foretide.exporters.sources.recorded import Recorded

__all__ = ["Recorded", "Source"]

"""From a closed window to an acknowledged record: a bounded buffer and the pump that empties it."""

from foretide.exporters.delivery.buffer import Buffer, Packet
from foretide.exporters.delivery.pump import Delivery, SenderLike

__all__ = ["Buffer", "Delivery", "Packet", "SenderLike"]

"""Making a key's state from its snapshot, when its first record comes."""

from __future__ import annotations

import logging

from foretide.schemas.errors import ForetideError
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Processor

log = logging.getLogger(__name__)


class Waking:
    """Wakes keys. One whose snapshot cannot be used starts anew, which is told and counted."""

    def __init__(self, processor: Processor, metrics: WorkerMetrics) -> None:
        self._processor = processor
        self._metrics = metrics

    def wake(self, owned: Owned, key: str) -> None:
        """See that the core has the state of `key`, if there is one."""
        envelope = owned.asleep.pop(key, None)
        if envelope is None:
            return
        try:
            payload = envelope.payload
            self._processor.restore(key, payload)
            if key not in owned.torn:
                owned.saving.inherit(envelope, payload)
        except ForetideError as error:
            log.warning("the snapshot of %r cannot be used, it starts anew: %s", key, error)
            owned.keys.discard(key)
            owned.covered.pop(key, None)
            self._metrics.refused.inc()

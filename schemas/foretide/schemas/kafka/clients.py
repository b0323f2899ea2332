"""aiokafka clients made from the settings; keys and values are raw bytes; none is started yet."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from foretide.schemas.kafka.settings import KafkaSettings


def producer(settings: KafkaSettings, **overrides: Any) -> AIOKafkaProducer:
    """A producer that waits for all in-sync replicas and compresses with lz4.

    It is not idempotent: aiokafka's idempotent producer hangs in `send_and_wait` and `stop` when all brokers are gone.
    Every message carries an id, so a repeated one does no harm.
    """
    defaults: dict[str, Any] = {
        "acks": "all",
        "enable_idempotence": False,
        "compression_type": "lz4",
        "max_batch_size": 262_144,
        "max_request_size": 1_048_576,
    }
    return AIOKafkaProducer(**(settings.aiokafka_arguments() | defaults | overrides))


def consumer(settings: KafkaSettings, *topics: str, group_id: str | None = None, **overrides: Any) -> AIOKafkaConsumer:
    """A consumer that commits nothing by itself and starts at the beginning where its group has no offset."""
    defaults: dict[str, Any] = {
        "group_id": group_id,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "fetch_max_wait_ms": 500,
    }
    return AIOKafkaConsumer(*topics, **(settings.aiokafka_arguments() | defaults | overrides))


def admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    """An administration client. It returns errors in its answers and does not raise them."""
    return AIOKafkaAdminClient(**settings.aiokafka_arguments())

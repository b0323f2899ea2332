"""Two requests that aiokafka 0.14 lacks: what may this user do with these topics, with these groups?

Metadata goes up to version 5 there, and its DescribeGroups version 3 reads the answer as version 2, which drops the
field wanted here. Layouts: Kafka's MetadataRequest.json and DescribeGroupsRequest.json, the last versions before
flexible headers.
"""

from __future__ import annotations

from typing import Any, Final

from aiokafka.protocol.admin import DescribeGroupsRequest_v0, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

CREATE_TOPICS: Final = 19
"""The API by which a real broker is told from the mock cluster, which has none."""
DESCRIBE_GROUPS: Final = 15
DESCRIBE_CONFIGS: Final = 32

NO_ERROR: Final = 0
UNKNOWN_TOPIC: Final = 3
LEADER_NOT_AVAILABLE: Final = 5
COORDINATOR_LOADING: Final = 14
COORDINATOR_NOT_AVAILABLE: Final = 15
NOT_COORDINATOR: Final = 16
INVALID_TOPIC: Final = 17
TOPIC_DENIED: Final = 29
GROUP_DENIED: Final = 30
CLUSTER_DENIED: Final = 31
TOPIC_EXISTS: Final = 36
INVALID_REPLICATION: Final = 38
NOT_CONTROLLER: Final = 41

READ: Final = 3
WRITE: Final = 4
UNKNOWN_OPERATIONS: Final = -(2**31)
"""What a broker answers that does not tell."""


def allowed(operations: int, operation: int) -> bool:
    """Whether the bit field of authorized operations holds `operation`; true where the broker does not tell."""
    return operations == UNKNOWN_OPERATIONS or bool(operations & (1 << operation))


class MetadataResponse_v8(Response):  # type: ignore[misc]
    """Version 8 adds the bit fields of authorized operations."""

    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8"))),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class MetadataRequest_v8(RequestStruct):  # type: ignore[misc]
    """Topics to describe (None: all), and what to tell beside."""

    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = MetadataResponse_v8
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class DescribeTopics(Request[MetadataRequest_v5 | MetadataRequest_v8]):  # type: ignore[misc]
    """Metadata with authorized operations where the broker knows them."""

    API_KEY = 3

    def __init__(self, topics: list[str] | None, *, create_missing: bool = False) -> None:
        self._topics = topics
        self._create_missing = create_missing

    def build(self, request_struct_class: Any) -> Any:
        """The request in the version agreed on."""
        more = (False, True) if request_struct_class.API_VERSION >= 8 else ()
        return request_struct_class(self._topics, self._create_missing, *more)


class DescribeGroupsRequest_v3(RequestStruct):  # type: ignore[misc]
    """Groups to describe, and whether to tell what this user may do."""

    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String("utf-8"))), ("include_authorized_operations", Boolean))


class DescribeGroups(Request[DescribeGroupsRequest_v0 | DescribeGroupsRequest_v3]):  # type: ignore[misc]
    """Groups with authorized operations where the broker knows them."""

    API_KEY = 15

    def __init__(self, groups: list[str]) -> None:
        self._groups = groups

    def build(self, request_struct_class: Any) -> Any:
        """The request in the version agreed on."""
        return request_struct_class(self._groups, *((True,) if request_struct_class.API_VERSION >= 3 else ()))

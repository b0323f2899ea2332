"""The least rights each role needs, and granting them on a broker with an authorizer."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from foretide.deploy.broker.errors import BrokerStartError
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import (
    CATALOGUE,
    COMMANDS,
    DEAD_LETTERS,
    DECISIONS,
    DEVIATIONS,
    PLAN_GROUP,
    POOL_EVENTS,
    PREDICTIONS,
    PROFILE_GROUP,
    SCORECARDS,
    TELEMETRY,
    changelog,
)

Role = Literal["exporter", "profile", "plan", "actuator", "reader"]
ROLES: Final[tuple[str, ...]] = get_args(Role)

READS: Final[dict[str, tuple[str, ...]]] = {
    "exporter": (),
    "profile": (TELEMETRY, changelog(PROFILE_GROUP)),
    "plan": (POOL_EVENTS, changelog(PLAN_GROUP)),
    "actuator": (COMMANDS,),
    "reader": tuple(CATALOGUE),
}
WRITES: Final[dict[str, tuple[str, ...]]] = {
    "exporter": (TELEMETRY, POOL_EVENTS),
    "profile": (PREDICTIONS, DEVIATIONS, SCORECARDS, POOL_EVENTS, DEAD_LETTERS, changelog(PROFILE_GROUP)),
    "plan": (DECISIONS, COMMANDS, DEAD_LETTERS, changelog(PLAN_GROUP)),
    "actuator": (POOL_EVENTS, DEAD_LETTERS),
    "reader": (),
}
GROUP_PREFIX: Final[dict[str, str]] = {
    "profile": PROFILE_GROUP,
    "plan": PLAN_GROUP,
    "actuator": "foretide-actuator",
    "reader": "foretide-",
}


def grant(superuser: KafkaSettings, user: str, role: Role) -> int:
    """Give `user` what `role` needs; the number of rights. BrokerStartError says what the broker answered."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    rights = _rights(user, role)
    client = AdminClient(superuser.librdkafka_config())  # held: the answers die with it
    answers = client.create_acls(rights, request_timeout=10)
    for right, answer in answers.items():
        try:
            answer.result(timeout=15)
        except KafkaException as e:
            raise BrokerStartError(f"the broker refused a right on {right.name} for {user}: {e}") from e
    return len(rights)


def _rights(user: str, role: Role) -> list[Any]:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    def allow(kind: Any, name: str, pattern: Any, operation: Any) -> Any:
        return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)

    topic, exact = ResourceType.TOPIC, ResourcePatternType.LITERAL
    rights = [allow(topic, t, exact, AclOperation.READ) for t in READS[role]]
    rights += [allow(topic, t, exact, AclOperation.WRITE) for t in WRITES[role]]
    if role in GROUP_PREFIX:
        rights.append(allow(ResourceType.GROUP, GROUP_PREFIX[role], ResourcePatternType.PREFIXED, AclOperation.READ))
    return rights

"""What can be wrong with a broker, refined.

BrokerError
├── BrokerUnreachable       no name, no route, closed port, no answer
├── TlsFailed               the handshake failed, or one side speaks TLS and the other does not
├── AuthenticationFailed    user, password or mechanism not accepted
├── TopicMissing            a topic does not exist
├── TopicUnsuitable         a topic exists but not as the catalogue wants it
├── AccessDenied            an ACL is missing on a topic, a group or the cluster
└── SendFailed              a record could not be delivered
"""

from __future__ import annotations

from foretide.schemas.errors import BrokerError


class BrokerUnreachable(BrokerError):
    """No connection: the host's name is unknown, the port is closed, or nothing answered in time."""


class TlsFailed(BrokerError):
    """The TLS handshake failed, or only one of the two sides speaks TLS."""


class AuthenticationFailed(BrokerError):
    """The broker does not accept the user, the password or the mechanism."""


class TopicMissing(BrokerError):
    """Topics that do not exist; `topics` holds their names."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        named = ", ".join(topics)
        noun = "topic does" if len(topics) == 1 else "topics do"
        super().__init__(f"{noun} not exist: {named}. Create with: foretide topics create")
        self.topics = topics


class TopicUnsuitable(BrokerError):
    """Topics exist, but with other partitions or another cleanup policy than the catalogue wants."""


class AccessDenied(BrokerError):
    """The user may not do `operation` on `resource` (such as "topic telemetry.v1")."""

    def __init__(self, user: str, operation: str, resource: str) -> None:
        super().__init__(f"{user} may not {operation} {resource}. Ask for an ACL that allows it.")
        self.user = user
        self.operation = operation
        self.resource = resource


class SendFailed(BrokerError):
    """A record was not acknowledged: refused by the broker, or not delivered before the time limit."""

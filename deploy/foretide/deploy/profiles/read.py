"""The profile workers' snapshots, read from a broker."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka.errors import KafkaError

from foretide.deploy.profiles.errors import ProfileViewError
from foretide.deploy.profiles.view import ProfileView, view_of
from foretide.deploy.tables import unknown_name
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.errors import TopicMissing
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import changelog
from foretide.streams.profiling import ApplicationProfile, ProfileError, ProfileSettings
from foretide.streams.profiling.state import FORMAT
from foretide.streams.worker.changelog import read_snapshots
from foretide.streams.worker.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A snapshot that this build cannot show, and why."""

    app: str
    reason: str


async def snapshots(kafka: KafkaSettings, group: str) -> dict[str, Envelope]:
    """The newest snapshot of every application of a profile worker group.

    BrokerError if the broker cannot be used, ProfileViewError if the group keeps no snapshots there.
    """
    topic = changelog(group)
    try:
        await check_broker(kafka, topics_read=(topic,))
        return await read_snapshots(kafka, group)
    except TopicMissing as e:
        raise ProfileViewError(
            f"group {group!r} keeps no snapshots on {kafka.bootstrap}: there is no topic {topic}. "
            "Name the workers' --group, or create the topics with: foretide topics create"
        ) from e
    except KafkaError as e:
        raise ProfileViewError(f"{topic} on {kafka.bootstrap}: reading stopped: {type(e).__name__} {e}") from e


def profile_in(found: dict[str, Envelope], app: str, group: str) -> ProfileView:
    """The profile of `app`; ProfileViewError if there is none, or none that this build can read."""
    envelope = found.get(app)
    if envelope is None:
        raise ProfileViewError(unknown_name(app, found, f"the snapshots of group {group}"))
    view = _shown(envelope, group)
    if isinstance(view, Unreadable):
        raise ProfileViewError(f"the snapshot of {app} in group {group} cannot be shown: {view.reason}")
    return view


def all_in(found: dict[str, Envelope], group: str) -> list[ProfileView | Unreadable]:
    """Every application by name, those that cannot be read among them."""
    return [_shown(found[app], group) for app in sorted(found)]


def _shown(envelope: Envelope, group: str) -> ProfileView | Unreadable:
    if envelope.format != FORMAT:
        return Unreadable(envelope.key, f"it has the format {envelope.format!r}, this build reads {FORMAT!r}")
    try:
        profile = ApplicationProfile.load(envelope.payload, ProfileSettings())
    except ProfileError as e:
        return Unreadable(envelope.key, str(e))
    return view_of(profile, envelope, group)

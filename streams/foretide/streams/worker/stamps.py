"""Stamps that only the owner of a partition can give: its epoch, and a command's wall-clock times."""

from __future__ import annotations

import msgspec

from foretide.schemas.messages import Command, Message


def stamped(message: Message, epoch: int, wall_ms: int) -> Message:
    """The message as it goes out: `epoch` in messages that carry one; a command's deadline counted from `wall_ms`.

    A core leaves `issued_ms` 0 and the command's validity in `deadline_ms`.
    """
    if isinstance(message, Command):
        valid_ms = message.deadline_ms - message.issued_ms
        return msgspec.structs.replace(message, epoch=epoch, issued_ms=wall_ms, deadline_ms=wall_ms + valid_ms)
    if "epoch" in message.__struct_fields__:
        return msgspec.structs.replace(message, epoch=epoch)
    return message

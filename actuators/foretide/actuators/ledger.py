"""What this actuator has begun and done: written before and after every change, read after a crash.

One SQLite file per actuator. A command's id is the place of a record in the pool's log, which means something within
one cluster only: the ledger belongs to the cluster with which it was first used.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from foretide.actuators.errors import LedgerError
from foretide.schemas.codec import encode, parse_as
from foretide.schemas.messages import Command, OutcomeEvent
from foretide.schemas.topics import COMMANDS, POOL_EVENTS

KEEP_SECONDS: Final = 8 * 86_400.0
"""A settled command is remembered a day longer than the topic of commands keeps it: it cannot come again after that."""

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS epochs (pool TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS commands (
        id TEXT PRIMARY KEY, command BLOB NOT NULL, begun_ms INTEGER NOT NULL,
        outcome BLOB, done_ms INTEGER, told INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS unsettled ON commands (begun_ms) WHERE outcome IS NULL OR told = 0",
)
_FORMAT: Final = "1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command in the ledger. `outcome` None: it was begun, and nobody wrote what came of it."""

    command: Command
    begun_ms: int
    outcome: OutcomeEvent | None


class Ledger:
    """The file. Whatever a method wrote is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        """Open or create it; LedgerError if it is in use by another process, or is no ledger of this format."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=2.0)
            # Two processes with one ledger would apply twice what each believes the other has not begun.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("BEGIN EXCLUSIVE")
            for statement in _SCHEMA:
                self._db.execute(statement)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as e:
            if "locked" in str(e):
                raise LedgerError(
                    f"ledger: {path} is in use by another actuator. Stop that one, or give each a ledger of its own."
                ) from e
            raise LedgerError(f"ledger: {path} cannot be used ({e}). Give a file in a folder of yours.") from e
        except (sqlite3.DatabaseError, OSError) as e:
            raise LedgerError(f"ledger: {path} is no ledger ({e}). Give another file, or remove it.") from e
        if self._fact("format", _FORMAT) != _FORMAT:
            self.close()
            raise LedgerError(f"ledger: {path} was written by another version. Give another file.")
        self.instance = self._fact("instance", uuid.uuid4().hex)
        """This ledger's own name: whoever holds the ledger is the same actuator, restarted."""

    def bind(self, cluster_id: str, pool: str) -> None:
        """Tie a fresh ledger to a cluster and pool; LedgerError if it belongs to others."""
        for name, given in (("cluster", cluster_id), ("pool", pool)):
            if (known := self._fact(name, given)) != given:
                raise LedgerError(
                    f"ledger: {self._path} belongs to the {name} {known}, not to {given}: the ids in it would mean "
                    "other commands. Give another --ledger."
                )

    def raise_epoch(self, pool: str, epoch: int) -> bool:
        """Note the epoch of a command's writer; False if a higher one was seen before: the writer was superseded."""
        row = self._db.execute("SELECT epoch FROM epochs WHERE pool = ?", (pool,)).fetchone()
        if row is not None and epoch < row[0]:
            return False
        if row is None or epoch > row[0]:
            self._db.execute("INSERT OR REPLACE INTO epochs (pool, epoch) VALUES (?, ?)", (pool, epoch))
        return True

    def get(self, command: Command) -> Entry | None:
        """What is known of a command. LedgerError if its id was used for another one: the pool's log is another."""
        row = self._db.execute("SELECT command, begun_ms, outcome FROM commands WHERE id = ?", (command.id,)).fetchone()
        if row is None:
            return None
        entry = _entry(*row)
        if _content(entry.command) != _content(command):
            raise LedgerError(
                f"ledger: {self._path} knows {command.id} as another command: the pool's log was made anew. "
                "Give another --ledger."
            )
        return entry

    def begin(self, command: Command, now_ms: int) -> None:
        """Write that the command is about to be carried out."""
        self._db.execute(
            "INSERT INTO commands (id, command, begun_ms) VALUES (?, ?, ?)", (command.id, encode(command), now_ms)
        )

    def finish(self, command: Command, outcome: OutcomeEvent, now_ms: int) -> None:
        """Write what came of it, whether or not it had to be begun."""
        self._db.execute(
            "INSERT INTO commands (id, command, begun_ms, outcome, done_ms) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, done_ms = excluded.done_ms "
            "WHERE commands.outcome IS NULL",
            (command.id, encode(command), now_ms, encode(outcome), now_ms),
        )

    def told(self, command_id: str) -> None:
        """Write that the broker has the outcome."""
        self._db.execute("UPDATE commands SET told = 1 WHERE id = ?", (command_id,))

    def unsettled(self) -> list[Entry]:
        """What was begun and not finished, and what was finished and not told, oldest first."""
        rows = self._db.execute(
            "SELECT command, begun_ms, outcome FROM commands WHERE outcome IS NULL OR told = 0 ORDER BY begun_ms, rowid"
        )
        return [_entry(*row) for row in rows.fetchall()]

    def forget(self, before_ms: int) -> int:
        """Drop what was done and told before then; how many."""
        return self._db.execute("DELETE FROM commands WHERE told = 1 AND done_ms < ?", (before_ms,)).rowcount

    def close(self) -> None:
        """Close the file, which lets another process open it."""
        self._db.close()

    def _fact(self, name: str, otherwise: str) -> str:
        self._db.execute("INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)", (name, otherwise))
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0])


def _entry(command: bytes, begun_ms: int, outcome: bytes | None) -> Entry:
    return Entry(
        parse_as(Command, COMMANDS, command),
        begun_ms,
        None if outcome is None else parse_as(OutcomeEvent, POOL_EVENTS, outcome),
    )


def _content(command: Command) -> Command:
    """The command without what every writer stamps anew."""
    return msgspec.structs.replace(command, issued_ms=0, deadline_ms=0, epoch=0)

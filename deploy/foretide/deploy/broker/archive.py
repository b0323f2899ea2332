"""The broker's classes, loaded and linked ahead (Java's class data sharing): a start takes half as long.

The first broker that is stopped in order leaves the archive; later ones begin with it. Where it does not fit, Java
ignores it.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from pathlib import Path

from foretide.deploy.broker.java import Java


class ClassArchive:
    """The archive for one Java and one folder of jars."""

    def __init__(self, java: Java, jars: Path) -> None:
        program = java.program.resolve()
        stat = program.stat()
        key = f"{program}:{java.version}:{stat.st_mtime_ns}:{stat.st_size}:{jars}"
        self._file = jars.parent / f"classes-{hashlib.sha256(key.encode()).hexdigest()[:12]}.jsa"
        self._partial: Path | None = None

    def use(self) -> list[str]:
        """What Java is told to use the archive, where there is one."""
        return [f"-XX:SharedArchiveFile={self._file}"] if self._file.is_file() else []

    def flags(self) -> list[str]:
        """What Java is told: to use the archive, or to write one at its orderly end."""
        self.discard()
        if use := self.use():
            return use
        try:
            folder = tempfile.mkdtemp(prefix="partial-", dir=self._file.parent)
        except OSError:
            return []  # a cache that cannot be written costs a second, no more
        self._partial = Path(folder) / "classes.jsa"
        return [f"-XX:ArchiveClassesAtExit={self._partial}"]

    @property
    def writing(self) -> bool:
        """Whether Java will write the archive at its end, which takes some seconds."""
        return self._partial is not None

    def keep(self) -> None:
        """After an orderly end: what was written is used from now on."""
        if self._partial is not None and self._partial.is_file():
            with contextlib.suppress(OSError):
                self._partial.rename(self._file)
        self.discard()

    def discard(self) -> None:
        """After a kill: what was written, if anything, is not to be trusted."""
        if self._partial is not None:
            with contextlib.suppress(OSError):
                self._partial.unlink(missing_ok=True)
                self._partial.parent.rmdir()
            self._partial = None

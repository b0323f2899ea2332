"""How a command tells an error that was made for users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from foretide.schemas.errors import ForetideError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turns an error made for users into one line on stderr and exit code 1."""
    try:
        yield
    except ForetideError as e:
        raise click.ClickException(str(e)) from e

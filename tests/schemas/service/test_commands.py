"""Errors made for users are one line; others stay what they are."""

from __future__ import annotations

import click
import pytest

from foretide.schemas.errors import SettingsError
from foretide.schemas.service.commands import plain_errors


def test_one_line_for_ours() -> None:
    with pytest.raises(click.ClickException, match=r"^apps: too many\. Use fewer\.$"), plain_errors():
        raise SettingsError("apps", "too many", "Use fewer.")


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), plain_errors():
        _ = 1 // 0

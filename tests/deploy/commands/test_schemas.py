"""`foretide schemas export`: the contract as files."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from foretide.deploy.commands.schemas import command
from foretide.schemas.export import asyncapi
from foretide.schemas.topics import CATALOGUE
from support.program import run_program

pytestmark = pytest.mark.timeout(60)


def test_one_schema_a_topic_and_one_document_of_all(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    done = CliRunner().invoke(command, ["export", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    told = [Path(line) for line in done.output.splitlines()]
    assert sorted(told) == sorted(path for path in folder.rglob("*") if path.is_file())
    for name, topic in CATALOGUE.items():
        if topic.message is not None:
            assert any(name in path.name for path in told), name
    documents = [path for path in told if "asyncapi" in path.name]
    assert [orjson.loads(path.read_bytes()) for path in documents] == [asyncapi()]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_program("foretide", "schemas", "export", str(tmp_path / "file" / "folder"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1

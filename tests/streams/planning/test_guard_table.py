"""Every guard binds in the situation that docs/guards.md tells, and says what stands there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import foretide.streams.planning
from support.guard_scenes import SCENES, Scene, table

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "guards.md"
SOURCES = Path(foretide.streams.planning.__file__).parent
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->"


@pytest.mark.parametrize("scene", SCENES, ids=[f"{s.guard}: {s.situation}" for s in SCENES])
def test_the_guard_binds_and_says_why(scene: Scene) -> None:
    decision = scene.play()
    assert decision.guard == scene.guard
    assert decision.commanded == (scene.guard == "probation")


def test_the_table_in_the_docs_is_what_the_planner_says() -> None:
    """To bring it up to date: PYTHONPATH=tests python -m support.guard_docs."""
    assert DOCS.read_text().partition(BEGIN)[2].partition(END)[0] == table()


def test_every_guard_of_the_planner_has_a_scene() -> None:
    named = {scene.guard for scene in SCENES}
    assert _guards() <= named
    assert {"learning", "agreement", "idle", "bounds", "memory"} <= named, "those of the choice of a class"


def _guards() -> set[str]:
    """The names that the planner's code gives to `Binding` and to `hold`."""
    found = set()
    for path in sorted(SOURCES.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            place = {"Binding": 0, "hold": 1, "_hold": 2}.get(name)
            if place is not None and len(call.args) > place:
                value = call.args[place]
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.add(value.value)
    return found

"""A network's file: it comes back as it was, and whatever else it is given is refused in a line that says why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.file import FleetFileError, FleetHeader, SourceNote, load, packed, parse, save
from foretide.streams.fleet.network import KINDS, LEVELS, OUTPUTS, STEPS, Network

NOTE = SourceNote(series=3, rows=40, share="every other by hash", signals=("duty",))


def network(inputs: int = FEATURES, outputs: int = OUTPUTS, nets: int = 2, hidden: int = 5) -> Network:
    """A network of drawn numbers, in the precision of its file and on the grid of weights."""
    draw = np.random.default_rng(1)

    def layer(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        numbers = draw.standard_normal((nets, before + 1, after)).astype(np.float16).astype(np.float32)
        return numbers[:, :-1], numbers[:, -1:]

    return Network.of((layer(inputs, hidden), layer(hidden, hidden), layer(hidden, outputs)))


def content(changed: Callable[[dict[str, object]], object] | None = None, **sizes: int) -> bytes:
    """A file's content, its header `changed` afterwards."""
    _, whole = packed(network(**sizes), {"pods": "MIT"}, 0.25)
    if changed is None:
        return whole
    line, _, body = whole.partition(b"\n")
    header = msgspec.json.decode(line, type=dict[str, object])
    changed(header)
    return msgspec.json.encode(header) + b"\n" + body


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.fleet"
    written = save(path, network(), {"pods": "MIT"}, 0.25, sources={"pods": NOTE}, training={"seed": 3})
    found, header = load(path)
    assert header == written
    assert (header.trained_on, header.sources, header.training) == ({"pods": "MIT"}, {"pods": NOTE}, {"seed": 3})
    assert (header.loss, header.steps, header.kinds, header.levels) == (0.25, STEPS, KINDS, LEVELS)
    for (weights, biases), (own_weights, own_biases) in zip(found.layers, network().layers, strict=True):
        np.testing.assert_array_equal(weights, own_weights)
        np.testing.assert_array_equal(biases, own_biases)
    assert [p.name for p in path.parent.iterdir()] == ["a.fleet"], "nothing else is left beside it"


def test_the_same_network_is_the_same_file_and_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.fleet"
    save(path, network(hidden=7), {}, 0.5)
    before = path.read_bytes()
    save(path, network(), {}, 0.5)
    assert path.read_bytes() == packed(network(), {}, 0.5)[1] != before


def test_a_header_of_before_there_were_numbers_of_sources_is_read() -> None:
    def older(header: dict[str, object]) -> None:
        for name in ("sources", "training", "steps", "kinds", "levels"):
            del header[name]

    _, header = parse(content(older), "it")
    assert (header.sources, header.steps, header.trained_on) == ({}, STEPS, {"pods": "MIT"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FleetFileError, match=r"none\.fleet cannot be read \(No such file.*foretide fleet train"):
        load(tmp_path / "none.fleet")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FleetFileError, match="cannot be written"):
        save(tmp_path / "file" / "a.fleet", network(), {}, 0.5)
    (tmp_path / "folder").mkdir()
    with pytest.raises(FleetFileError, match="cannot be written"):
        save(tmp_path / "folder", network(), {}, 0.5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("spoilt", [float("nan"), 1e9])
def test_a_network_that_diverged_is_not_written(tmp_path: Path, spoilt: float) -> None:
    bad = network()
    bad.layers[1][0][0, 0, 0] = spoilt
    with pytest.raises(FleetFileError, match="diverged"):
        save(tmp_path / "a.fleet", bad, {}, 0.5)
    with pytest.raises(FleetFileError, match="diverged"):
        save(tmp_path / "a.fleet", network(), {}, float("inf"))
    assert not list(tmp_path.iterdir())


def _with(name: str, value: object) -> bytes:
    return content(lambda header: header.update({name: value}))


def _not_numbers() -> bytes:
    """Whole and with a right checksum, but one number is none."""
    line, _, body = content().partition(b"\n")
    body = np.float16("nan").tobytes() + body[2:]
    header = msgspec.structs.replace(
        msgspec.json.decode(line, type=FleetHeader), sha256=hashlib.sha256(body).hexdigest()
    )
    return msgspec.json.encode(header) + b"\n" + body


def _shapes(*shapes: tuple[int, ...]) -> bytes:
    return _with("shapes", shapes)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "is no fleet model"),
        (b"ts,app_id,duty\n1,a,2\n", "is no fleet model"),
        (b"\xff\xfe\x00\n", "is no fleet model"),
        (_with("loss", "much"), "is no fleet model"),
        (_with("format", "fleet/0"), "has the format 'fleet/0', 'fleet/1' is needed"),
        (b'{"format":"fleet/2","anything":"else"}\n', "has the format 'fleet/2'"),
        (content()[:-2], "is damaged"),
        (content() + b"\n", "is damaged"),
        (content().partition(b"\n")[0], "is damaged"),
        (content()[:-1] + bytes([content()[-1] ^ 1]), "is damaged"),
        (_not_numbers(), "does not hold the numbers"),
        (_shapes(), "does not hold the numbers"),
        (_shapes((2, FEATURES, 5), (2, 1, 5)), "does not hold the numbers"),
        (_shapes((2, FEATURES, 5)), "does not hold the numbers"),
        (_shapes((-2, -FEATURES, 5), (2, 1, 5)), "does not hold the numbers"),
        (_shapes((2, FEATURES), (2, 5)), "does not hold the numbers"),
        (content(inputs=FEATURES + 1), "other inputs or outputs"),
        (content(outputs=OUTPUTS + 1), "other inputs or outputs"),
        (_with("steps", [s + 1 for s in STEPS]), "other inputs or outputs"),
        (_with("kinds", KINDS[::-1]), "other inputs or outputs"),
        (_with("levels", [level / 2 for level in LEVELS]), "other inputs or outputs"),
    ],
)
def test_what_it_cannot_be_is_refused(given: bytes, says: str) -> None:
    with pytest.raises(FleetFileError) as raised:
        parse(given, "some.fleet")
    assert str(raised.value).startswith("some.fleet ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)

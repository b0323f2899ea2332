from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.actuators.drivers.simulated import SimulatedPool
from foretide.actuators.errors import Permanent, PoolStateError
from foretide.schemas.messages import Placement
from foretide.schemas.slices import ALL_GEOMETRIES, MIG_80GB
from support.acting import CARDS, at


def test_it_outlives_the_process(tmp_path: Path) -> None:
    pool = SimulatedPool(tmp_path / "p", CARDS)
    pool.create("a", at("3g.40gb", 4))
    pool.close()
    again = SimulatedPool(tmp_path / "p", CARDS)
    assert again.held("a") == (at("3g.40gb", 4),)
    again.close()


def test_instances_on_cards_that_are_gone_are_refused(tmp_path: Path) -> None:
    pool = SimulatedPool(tmp_path / "p", CARDS)
    pool.create("a", at("3g.40gb", card=1))
    pool.close()
    with pytest.raises(PoolStateError, match="holds instances on h/card-01"):
        SimulatedPool(tmp_path / "p", CARDS[:1])


def test_a_file_that_is_no_pool_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text("these are my notes, and longer than a SQLite header would be, by some margin" * 3)
    with pytest.raises(PoolStateError, match="cannot be used"):
        SimulatedPool(path, CARDS)
    assert path.read_text().startswith("these are my notes")


@pytest.mark.parametrize(
    ("placement", "says"),
    [
        (Placement(resource="elsewhere", slice="1g.10gb", start=0), "no card elsewhere"),
        (at("9g.90gb"), "no slice 9g.90gb"),
        (at("4g.40gb", 4), "no 4g.40gb can start at memory slot 4"),
    ],
)
def test_the_impossible_is_refused_by_name(tmp_path: Path, placement: Placement, says: str) -> None:
    pool = SimulatedPool(tmp_path / "p", CARDS)
    with pytest.raises(Permanent, match=says):
        pool.create("a", placement)
    pool.close()


slices = st.sampled_from([(p.name, s) for p in MIG_80GB.profiles for s in p.starts])


@settings(deadline=None)  # every write is on disk when it returns, however busy that is
@given(wishes=st.lists(st.tuples(slices, st.booleans()), max_size=25))
def test_whatever_is_asked_cards_stay_possible(
    tmp_path_factory: pytest.TempPathFactory, wishes: list[tuple[tuple[str, int], bool]]
) -> None:
    pool = SimulatedPool(tmp_path_factory.mktemp("pool") / "p", CARDS)
    for n, ((name, start), destroy) in enumerate(wishes):
        held = [(app, place) for app, places in pool.all_held().items() for place in places]
        if destroy and held:
            pool.destroy(*held[n % len(held)])
        else:
            could = pool.why_not(f"app{n}", at(name, start)) is None
            fits = MIG_80GB.valid([*((p.slice, p.start) for _, p in held), (name, start)])
            assert could == fits
            if could:
                pool.create(f"app{n}", at(name, start))
        assert MIG_80GB.valid([(p.slice, p.start) for places in pool.all_held().values() for p in places])
    pool.close()


def test_cards_of_other_kinds_keep_to_their_own_geometry(tmp_path: Path) -> None:
    pool = SimulatedPool(tmp_path / "p", CARDS, {CARDS[1]: ALL_GEOMETRIES["whole-24gb"]})
    whole = Placement(resource=CARDS[1], slice="whole", start=0)
    pool.create("a", whole)
    with pytest.raises(Permanent, match="has no room for a whole"):
        pool.create("b", whole)
    with pytest.raises(Permanent, match="has no slice 3g"):
        pool.create("b", at("3g.40gb", card=1))
    pool.create("b", at("3g.40gb"))
    pool.close()


def test_shares_of_a_card_stand_beside_each_other_and_are_told_apart(tmp_path: Path) -> None:
    pool = SimulatedPool(tmp_path / "p", CARDS, dict.fromkeys(CARDS, ALL_GEOMETRIES["mps-24gb"]))
    share = at("40%")
    pool.create("a", share)
    pool.create("b", share)
    assert pool.why_not("c", share) is not None
    assert pool.why_not("a", at("60%"), freed=share) is None
    assert pool.why_not("a", at("70%"), freed=share) is not None, "b keeps its 40 %"
    with pytest.raises(Permanent, match="does not hold"):
        pool.destroy("c", share)
    pool.destroy("a", share)
    assert pool.all_held() == {"b": (share,)}
    pool.close()


def test_what_an_earlier_version_wrote_is_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "p") as db:
        db.execute("CREATE TABLE instances (app TEXT, resource TEXT, slice TEXT, start INTEGER)")
        db.execute("INSERT INTO instances VALUES ('a', ?, '3g.40gb', 4)", (CARDS[0],))
    db.close()
    for _ in range(2):
        pool = SimulatedPool(tmp_path / "p", CARDS)
        assert pool.all_held() == {"a": (at("3g.40gb", 4),)}
        pool.close()

"""Repeated ids: counted once, and compared."""

from __future__ import annotations

from foretide.deploy.demo.sightings import Sightings


def test_an_id_counts_once() -> None:
    seen = Sightings("decision")
    assert seen.first("a", b"1")
    assert seen.first("b", b"2")
    assert not seen.first("a", b"1")
    assert (len(seen), seen.repeated, seen.contradictions) == (2, 1, [])
    assert "a" in seen
    assert "c" not in seen


def test_other_content_under_the_same_id_is_a_contradiction() -> None:
    seen = Sightings("decision")
    seen.first("a", b'{"epoch":1}')
    seen.first("a", b'{"epoch":2}')
    assert seen.contradictions == ["decision a came twice with different content"]


def test_the_stamps_of_whoever_sent_it_do_not_count() -> None:
    seen = Sightings("command", stamped=True)
    seen.first("a", b'{"x":1,"issued_ms":5,"deadline_ms":9,"epoch":1}')
    seen.first("a", b'{"x":1,"issued_ms":6,"deadline_ms":10,"epoch":2}')
    assert seen.contradictions == []
    seen.first("a", b'{"x":2,"issued_ms":6,"deadline_ms":10,"epoch":2}')
    assert len(seen.contradictions) == 1

from __future__ import annotations

from foretide.schemas.signals import GPU_MEMORY
from foretide.streams.profiling import ApplicationProfile, ProfileSettings, model_hash, windows_learned
from support.windows import cut


def payload(app: str, windows: int) -> bytes:
    profile = ApplicationProfile(app, ProfileSettings())
    for one in cut(GPU_MEMORY, [float(i % 5) for i in range(windows * 5)], 5, app=app):
        profile.observe(one)
    return profile.dump()


def test_the_hash_is_of_names_and_payloads_whatever_their_order() -> None:
    a, b = payload("a", 3), payload("b", 4)
    whole = model_hash({"a": a, "b": b})
    assert whole == model_hash({"b": b, "a": a})
    others = [{"a": a}, {"a": b, "b": a}, {"a": a, "b": payload("b", 5)}, {"a": a, "c": b}, {}]
    assert len({whole, *map(model_hash, others)}) == 6


def test_names_and_payloads_do_not_run_into_each_other() -> None:
    assert model_hash({"a": b"bc"}) != model_hash({"ab": b"c"})


def test_windows_learned_is_read_from_a_payload() -> None:
    assert windows_learned(payload("a", 7)) == 7

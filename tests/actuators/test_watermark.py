from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretide.actuators.watermark import Watermark


@given(offsets=st.sets(st.integers(0, 50), min_size=1), data=st.data())
def test_nothing_undone_is_ever_covered(offsets: set[int], data: st.DataObject) -> None:
    mark = Watermark()
    assert mark.next_offset is None
    ordered = sorted(offsets)
    for offset in ordered:
        mark.take(offset)
    undone = set(ordered)
    for offset in data.draw(st.permutations(ordered)):
        assert mark.next_offset == min(undone)
        mark.done(offset)
        undone.discard(offset)
    assert mark.next_offset == ordered[-1] + 1

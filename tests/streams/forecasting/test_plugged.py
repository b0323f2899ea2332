"""River models by name: they forecast, are kept and put back; what cannot be is refused by name."""

from __future__ import annotations

import random

import msgspec
import pytest

from foretide.streams.fleet import default_network
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.banks import Banks
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.plain import NotPlainError, from_bytes, to_bytes
from foretide.streams.forecasting.plugged import PluggedError, PluggedModels, checked
from foretide.streams.forecasting.targets import Target
from support.banks import drawn, feed

NAMES = ("linear_model.PARegressor", "tree.HoeffdingTreeRegressor")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_put_back_goes_on_to_the_last_bit(name: str) -> None:
    draw = random.Random(1)
    models = PluggedModels([name], 2)
    for _ in range(400):
        models.learn(draw.randrange(2), [draw.gauss(0, 1), draw.gauss(0, 1)], draw.gauss(0, 1))
    again = PluggedModels.load([name], 2, models.dump())
    for _ in range(100):
        inputs, head, change = [draw.gauss(0, 1), draw.gauss(0, 1)], draw.randrange(2), draw.gauss(0, 1)
        assert models.predict(inputs) == again.predict(inputs)
        models.learn(head, inputs, change)
        again.learn(head, inputs, change)
    assert models.dump() == again.dump()


def test_a_bank_mixes_them_in_and_keeps_them() -> None:
    bank = Bank((Target("point", 1), Target("peak", 3)), default_network(), plugged=NAMES)
    row = bank.add()
    for step in drawn(1, 60):
        feed(bank, [row], [step])
    assert bank.experts == (*EXPERTS, *NAMES)
    assert (bank.state["losses"][row, :, len(EXPERTS) :] > 0.0).all()
    again = bank.add()
    bank.put(again, bank.dump(row))
    for step in drawn(2, 30):
        feed(bank, [row, again], [step, step])
    assert bank.dump(row) == bank.dump(again)
    other = Bank(bank.targets, default_network(), plugged=NAMES[:1])
    with pytest.raises(ValueError, match="needed"):
        other.put(other.add(), bank.dump(row))


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["linear_model.Nothing"], "there is no river.linear_model.Nothing"),
        (["os.system"], "there is no river.os.system"),
        (["preprocessing.StandardScaler"], "is no regressor"),
        (["rules.AMRules"], "cannot be kept in a snapshot"),
        (["linear_model.PARegressor"] * 2, "given twice"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(names: list[str], reason: str) -> None:
    with pytest.raises(PluggedError, match=reason):
        checked(names)
    with pytest.raises(PluggedError):
        Banks(default_network(), names)


@pytest.mark.parametrize(
    "data",
    [
        ["class", "os", "system"],
        ["object", "subprocess", "Popen", []],
        ["function", "os", "system"],
        ["function", "river.base", "Base"],
        ["method", ["list", []], "append"],
        ["object", "river.linear_model", "nothing", []],
        ["else", 1],
        ["again", 4],
        ["object", "river.linear_model"],
    ],
)
def test_data_that_names_anything_but_rivers_is_refused(data: list[object]) -> None:
    with pytest.raises(NotPlainError):
        from_bytes(msgspec.msgpack.encode(data))


def test_what_is_shared_stays_shared() -> None:
    shared = [1.0]
    first, second = from_bytes(to_bytes([shared, {"a": shared}]))
    assert second["a"] is first

"""What one more application takes in a worker's memory: the slope between two numbers of them, in a fresh process."""

from __future__ import annotations

import gc
import multiprocessing
from typing import Any

import psutil

from foretide.schemas.messages import RecordRef
from foretide.schemas.topics import TELEMETRY
from foretide.streams.profiling import ProfileProcessor
from measuring.fleet import names
from measuring.templates import Templates, wire


def live_bytes_per_application(templates: Templates, few: int, many: int) -> int:
    """Resident bytes of a warm application of the core, each having learnt one more window."""
    windows = templates.turn(0)
    states, live = templates.states, [wire(window, window.app) for window in windows]
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_probe, args=(templates.names, states, live, few, many, sending), daemon=True)
    process.start()
    sending.close()
    try:
        at_few, at_many = receiving.recv()
    finally:
        process.join(30)
    return int((at_many - at_few) / (many - few))


def _probe(kinds: list[str], states: list[bytes], live: list[bytes], few: int, many: int, answer: Any) -> None:
    import msgspec

    from foretide.schemas.messages import TelemetryWindow
    from foretide.streams.profiling.state import decode_state, encode_state

    processor, found, made = ProfileProcessor(), [], names(many)
    decoded = [msgspec.json.decode(value, type=TelemetryWindow) for value in live]
    ref = RecordRef(topic=TELEMETRY, partition=0, offset=0)
    for begin, end in ((0, few), (few, many)):
        for place in range(begin, end, 64):
            batch = []
            for number in range(place, min(place + 64, end)):
                kind = number % len(kinds)
                processor.restore(
                    made[number], encode_state(msgspec.structs.replace(decode_state(states[kind]), app=made[number]))
                )
                batch.append((msgspec.structs.replace(decoded[kind], app=made[number]), ref))
            processor.observe_all(batch)
        gc.collect()
        found.append(psutil.Process().memory_info().rss)
    answer.send(found)
    answer.close()

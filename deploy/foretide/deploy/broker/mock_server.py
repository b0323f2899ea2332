"""librdkafka's mock cluster as a process: `python -m foretide.deploy.broker.mock_server`.

It prints `ready ADDRESS` once it can be reached, and runs until it gets SIGTERM.
"""

from __future__ import annotations

import signal
import threading


def main() -> None:
    """Run the cluster until a signal ends it."""
    from confluent_kafka import Producer

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    producer = Producer({"test.mock.num.brokers": 1})
    brokers = producer.list_topics(timeout=10).brokers.values()
    print("ready", ",".join(f"{b.host}:{b.port}" for b in brokers), flush=True)
    stop.wait()


if __name__ == "__main__":
    main()

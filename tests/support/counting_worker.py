"""A worker process around the counting core, for the tests that kill, freeze and stop it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.service import setup_logging
from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from foretide.streams.worker.run import run_worker
from foretide.streams.worker.settings import (
    EndpointSettings,
    LimitSettings,
    SessionSettings,
    SnapshotSettings,
    WorkerSettings,
)

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.counting import GROUP, CountingProcessor


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--mock", action="store_true")
    parser.add_argument("--cadence", type=float, default=2.0)
    parser.add_argument("--session", type=float, default=6.0)
    parser.add_argument("--consecutive", type=int, default=1000)
    args = parser.parse_args()
    setup_logging("INFO")
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap=args.bootstrap),
        group=GROUP,
        source_topic=TELEMETRY,
        output_topics=(PREDICTIONS,),
        mock_broker=args.mock,
        session=SessionSettings(
            timeout=args.session, heartbeat=1.0, rebalance_timeout=args.session, commit_interval=1.0
        ),
        snapshots=SnapshotSettings(cadence=args.cadence),
        limits=LimitSettings(dead_letters_consecutive=args.consecutive),
        endpoint=EndpointSettings(port_file=args.port_file),
    )
    try:
        return run_worker(CountingProcessor(), settings)
    except ForetideError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

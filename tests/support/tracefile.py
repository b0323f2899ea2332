"""A small recorded trace, made up: three pods with duty and memory, one of them with gaps, a minute a sample."""

from __future__ import annotations

import gzip
import math
import random
from pathlib import Path

START = 1_767_225_600


def write_trace(path: Path, samples: int = 240, seed: int = 3, until: int | None = None) -> Path:
    """Write it; `until` cuts it after so many samples, which leaves the earlier ones as they are."""
    rows = ["ts,app_id,gpu_duty_pct,gpu_mem_mib,queue"]
    for pod in range(3):
        draw = random.Random(f"{seed}/{pod}")
        for n in range(samples):
            duty = 40 + 30 * math.sin(n / 20 + pod) + draw.gauss(0, 4)
            memory = 9000 + 4000 * pod + 2000 * (n // 60 % 2) + draw.randrange(50)
            gap = pod == 2 and 80 <= n < 90
            if until is None or n < until:
                text = (
                    f"{START + 60 * n},pod-{pod},{'' if gap else f'{max(0.0, duty):.2f}'},{memory},{draw.random():.3f}"
                )
                if not (pod == 2 and 100 <= n < 104):
                    rows.append(text)
    body = ("\n".join(rows) + "\n").encode()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path

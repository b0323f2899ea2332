"""From the built wheel: `foretide[exporter]` and `foretide[actuator]` each start, and bring nothing heavy.

Run by `make extras-check`; it needs a package index, so it is no part of `make test`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("faust", "mode", "river", "scipy", "pandas", "numba", "numpy", "rich", "confluent_kafka")
PROGRAMS = {"exporter": "foretide-exporter", "actuator": "foretide-actuator"}


def run(*command: str | Path) -> str:
    """The command's output; the check ends with what it said if it fails."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install each extra alone, look."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
        (wheel,) = Path(folder).glob("*.whl")
        for extra, program in PROGRAMS.items():
            home = Path(folder) / extra
            venv.create(home, with_pip=True)
            run(home / "bin" / "pip", "install", "--quiet", f"{wheel}[{extra}]")
            script = f"import importlib.util as u; print([n for n in {HEAVY!r} if u.find_spec(n)])"
            found = run(home / "bin" / "python", "-c", script).strip()
            if found != "[]":
                sys.exit(f"foretide[{extra}] brings {found}")
            if "Usage" not in run(home / "bin" / program, "--help"):
                sys.exit(f"{program} --help says nothing useful")
            size = sum(f.stat().st_size for f in (home / "lib").rglob("*") if f.is_file()) / 2**20
            print(f"foretide[{extra}]: {program} starts; none of {', '.join(HEAVY)}; {size:.0f} MiB with pip")


if __name__ == "__main__":
    main()

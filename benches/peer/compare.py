"""Runs `splitscope bench step` and step.py in turn and prints the ratio of their CPU times a step.

PyTorch runs once with each allocator setting below in every round and is judged by its best; splitscope runs as users get it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Waiting threads sleep: they would add to PyTorch's CPU time, without end where cores are shared.
PATIENT = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
ALLOCATORS = {
    "glibc": {},
    "glibc that keeps memory": {
        "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296"
        ":glibc.malloc.top_pad=268435456"
    },
    "jemalloc that keeps memory": {
        "LD_PRELOAD": "libjemalloc.so.2",
        "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    },
}


def run(command, extra=None):
    output = subprocess.run(command, env={**os.environ, **PATIENT, **(extra or {})}, capture_output=True, text=True, check=True)
    return json.loads(output.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splitscope", default=str(HERE / "../../target/release/splitscope"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--device", nargs="+", default=["flex", "ndarray"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    for threads in arguments.threads:
        common = ["--threads", str(threads), "--steps", str(arguments.steps)]
        found = {}
        for _ in range(arguments.rounds):
            for device in arguments.device:
                ours = [arguments.splitscope, "bench", "step", "--device", device, "--json", *common]
                found.setdefault(f"splitscope {device}", []).append(run(ours))
            for name, extra in ALLOCATORS.items():
                theirs = run([sys.executable, str(HERE / "step.py"), *common], extra)
                found.setdefault(f"PyTorch, {name}", []).append(theirs)
        seconds = {name: statistics.median(r["cpu_seconds_per_step"] for r in runs) for name, runs in found.items()}
        peer = min(value for name, value in seconds.items() if name.startswith("PyTorch"))
        wall = {name: statistics.median(r["seconds_per_step"] for r in runs) for name, runs in found.items()}
        fastest = min(value for name, value in wall.items() if name.startswith("PyTorch"))
        print(f"{threads} thread(s), median of {arguments.rounds} runs: CPU seconds and seconds a step, each times PyTorch's best, peak MB")
        for name, value in seconds.items():
            peak = max(r["peak_rss_bytes"] for r in found[name]) >> 20
            print(f"  {name:36} {value:7.3f} {value / peer:6.2f}x {wall[name]:7.3f} {wall[name] / fastest:6.2f}x {peak:6}")


if __name__ == "__main__":
    main()

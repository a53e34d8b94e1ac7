#!/usr/bin/env -S python3 -B
"""Measures what durable commits cost: a run on the disk beside the same run on a RAM disk, where
fsync does nothing.

    durability.py [--pairs N] [--jobs N]

The two take turns, so that both meet the same machine. It never fails on a figure, only on a wrong or
missing result. NIGHTJAR names the program, .build/release/nightjar unless told.
"""

import argparse
import ctypes.util
import pathlib
import statistics
import sys
import tempfile

import bench
import measure
from server import Server

RAM_DISK = pathlib.Path("/dev/shm")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5, help="how often each runs, in turn")
    parser.add_argument("--jobs", type=int, default=20_000)
    options = parser.parse_args()
    if not bench.NIGHTJAR.exists():
        parser.error(f"{bench.NIGHTJAR} is not there: run `make build` first, or set NIGHTJAR")
    without_fsync = ctypes.util.find_library("eatmydata")
    if not without_fsync or not RAM_DISK.is_dir():
        parser.error("needs the Debian package libeatmydata1 and /dev/shm")
    bench.print_machine()
    disk = bench.ROOT / ".build/bench"
    disk.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=disk) as durable, \
            tempfile.TemporaryDirectory(dir=RAM_DISK) as volatile:
        report(*measure_both(pathlib.Path(durable), pathlib.Path(volatile), without_fsync, options))


def measure_both(durable, volatile, without_fsync, options):
    source = durable / "input.jsonl"
    measure.write_input(source, options.jobs)
    case = bench.Case("", options.jobs, 100)
    runs = {"on the disk": [], "on a RAM disk, no fsync": []}
    durable.chmod(0o755)
    with Server(durable, case.latency, case.http) as server:
        for _ in range(options.pairs):
            runs["on the disk"].append(bench.run_nightjar(case, server, source, durable, False))
            runs["on a RAM disk, no fsync"].append(
                bench.run_nightjar(case, server, source, volatile, False,
                                   {"LD_PRELOAD": without_fsync}))
    return options.jobs, runs


def report(jobs, runs):
    print(f"\n{jobs:,} jobs, 100 in flight, no latency: CPU per job, median of the runs")
    medians = [statistics.median(run.cpu_per_job for run in each) for each in runs.values()]
    for name, median in zip(runs, medians):
        each = ", ".join(f"{run.cpu_per_job:.3f}" for run in runs[name])
        print(f"  {name:<26}{median:>8.3f} ms   ({each})")
    print(f"  durability costs {100 * (medians[0] / medians[1] - 1):+.1f} % of CPU")


if __name__ == "__main__":
    sys.exit(main())

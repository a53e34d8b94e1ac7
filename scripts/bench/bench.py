#!/usr/bin/env -S python3 -B
"""Measures nightjar beside a bare libcurl loop, on the same work, against a local echo server.

    bench.py [--pairs N] [CASE ...]

Cases: cpu, light, latency, wide, tls, http1, documents, large-documents, faults, and, where they are
named, million and resume.

It never fails on a figure, only on a wrong or missing result. NIGHTJAR names the program,
.build/release/nightjar unless told.
"""

import argparse
import dataclasses
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

import measure
import scenarios
from server import LightServer, Server, nginx

ROOT = pathlib.Path(__file__).resolve().parents[2]
NIGHTJAR = pathlib.Path(os.environ.get("NIGHTJAR", ROOT / ".build/release/nightjar")).resolve()


@dataclasses.dataclass
class Case:
    title: str
    jobs: int
    in_flight: int
    latency: float = 0.0  # seconds
    http: str = "plain"  # or light: the same on the server of echo.c
    handles: int = 1  # of the bare loop: about 200 transfers each is where it is quickest
    pairs: int = 1

    @property
    def ideal(self):
        """Jobs per second when nothing but the latency costs time; None without latency."""
        return self.in_flight / self.latency if self.latency else None


CASES = {
    "cpu": Case("20,000 jobs, 100 in flight, no latency", 20_000, 100, pairs=3),
    "light": Case("the same on a lighter server", 20_000, 100, http="light", pairs=3),
    "latency": Case("100 in flight at 200 ms", 10_000, 100, 0.2),
    "wide": Case("2,000 in flight at 2 s", 20_000, 2_000, 2.0, handles=10),
    "tls": Case("10,000 in flight at 2 s, TLS, HTTP/2", 100_000, 10_000, 2.0, "h2", handles=50),
    "http1": Case("10,000 in flight at 2 s, TLS, HTTP/1.1", 100_000, 10_000, 2.0, "h1", handles=50),
    "million": Case("1,000,000 jobs, 100 in flight, no latency", 1_000_000, 100),
}

RARE = ["million", "resume"]


def main():
    everything = [*CASES, *scenarios.ALL]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(everything))
    parser.add_argument("--pairs", type=int, help="how often each client runs, in turn")
    options = parser.parse_args()
    names = options.cases or [name for name in everything if name not in RARE]
    if unknown := [name for name in names if name not in everything]:
        parser.error(f"no such case: {', '.join(unknown)}")
    if not NIGHTJAR.exists():
        parser.error(f"{NIGHTJAR} is not there: run `make build` first, or set NIGHTJAR")

    print_machine()
    scratch = ROOT / ".build/bench"  # on a real disk: what is durable is part of the cost
    scratch.mkdir(parents=True, exist_ok=True)
    reference = build_reference(scratch)
    failures = 0
    for name in names:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            pathlib.Path(folder).chmod(0o755)
            try:
                if name in CASES:
                    run_case(name, CASES[name], options.pairs, pathlib.Path(folder), reference)
                else:
                    scenarios.ALL[name](pathlib.Path(folder), NIGHTJAR, reference)
            except measure.Failure as failure:
                failures += 1
                print(f"{name}\n  not measured: {failure}")
    return 1 if failures else 0


def run_case(name, case, pairs, folder, reference):
    source = folder / "input.jsonl"
    measure.write_input(source, case.jobs)
    ours, bare = [], []
    light = case.http == "light"
    with LightServer(folder) if light else Server(folder, case.latency, case.http) as server:
        for _ in range(pairs or case.pairs):
            ours.append(run_nightjar(case, server, source, folder, sampled=name == "million"))
            bare.append(run_reference(case, server, source, folder, reference))
    report(case, ours, bare)
    if name == "million":
        report_flatness(ours[0])


def run_nightjar(case, server, source, folder, sampled, environment=None):
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    output = results / "output.jsonl"
    command = [NIGHTJAR, "run", source, "-o", output, "--provider", "anthropic",
               "--base-url", server.base_url, "--key", "env:BENCH_KEY", "--model", "m",
               "--max-tokens", "16", "--concurrency", str(case.in_flight), "--json", "--quiet"]
    if server.authority:
        command += ["--ca-file", server.authority]
    print(f"\n$ {' '.join(map(str, command))}", flush=True)
    measured = measure.run(command, case.jobs, output, sampled, environment)
    measure.check(source, output, case.jobs)
    return measured


def run_reference(case, server, source, folder, reference):
    output = folder / "reference.jsonl"
    command = [reference, f"{server.base_url}/v1/messages", source, output,
               str(case.in_flight), str(case.handles)]
    if server.authority:
        command += [server.authority, case.http]
    return measure.run(command, case.jobs, output)


def report(case, ours, bare):
    def median(runs, figure):
        return statistics.median(figure(run) for run in runs)

    print(f"{case.title}{f', median of {len(ours)}' if len(ours) > 1 else ''}")
    print(f"  {'':<24}{'nightjar':>12}{'bare libcurl':>14}{'ratio':>8}")

    def row(label, unit, figure, digits):
        mine, theirs = median(ours, figure), median(bare, figure)
        print(f"  {label + ', ' + unit:<24}{mine:>12,.{digits}f}{theirs:>14,.{digits}f}"
              f"{mine / theirs:>8.2f}")

    row("CPU per job", "ms", lambda run: run.cpu_per_job, 3)
    row("rate", "jobs/s", lambda run: run.rate, 0)
    if case.ideal:
        row(f"of {case.ideal:,.0f} jobs/s", "%", lambda run: 100 * run.rate / case.ideal, 1)
    row("peak memory", "MB", lambda run: run.peak / 1e6, 0)


def report_flatness(run):
    """Whether the last jobs cost what the first did, and what memory did on the way."""
    window = 10_000
    for label, first in (("first", 0), ("middle", run.jobs // 2), ("last", run.jobs - window)):
        cpu = measure.cpu_between(run.samples, first, first + window) / window * 1000
        print(f"  {label} 10,000 jobs: {cpu:.3f} ms of CPU per job")
    for share in (0.1, 0.5, 0.9):
        at = next((s for s in run.samples if s.lines >= share * run.jobs), run.samples[-1])
        print(f"  memory at {share:.0%}: {at.resident / 1e6:.0f} MB")


def build_reference(scratch):
    program = scratch / "reference"
    source = pathlib.Path(__file__).with_name("reference.c")
    subprocess.run(["gcc", "-O2", "-o", program, source, "-lcurl"], check=True)
    return program


def print_machine():
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).splitlines()[0].strip()

    cpu = next((line.partition(": ")[2].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), platform.machine())
    print(f"{os.cpu_count()} × {cpu}, Linux {platform.release()}")
    print(f"{first_line('curl-config', '--version')}, {first_line(nginx(), '-v')}, "
          f"{first_line('swift', '--version')}")
    print("nginx answers from one worker; client and server share the machine, memory and disk")


if __name__ == "__main__":
    sys.exit(main())

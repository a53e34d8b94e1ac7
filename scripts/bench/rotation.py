#!/usr/bin/env -S python3 -B
"""Measures what it costs to rotate a key in OpenBao every second, the old one revoked at once.

    rotation.py [--seconds N] [--in-flight N] [CASE ...]     cases: rotated, sealed, killed

Each case stands beside the same run with one key that stays. The provider is `nightjar simulate`.
It never fails on a figure, only on a lost result. NIGHTJAR names the program,
.build/release/nightjar unless told.
"""

import argparse
import dataclasses
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import bench
import measure
import store

LATENCY = 0.25  # seconds
CASES = {
    "rotated": "rotated every second",
    "sealed": "the same, the store sealed for a quarter of the time",
    "killed": "the same, the store killed, and back after a quarter of the time",
}
JOB_FILE = """\
input: input.jsonl
output: {name}.jsonl
provider: anthropic
model: m
max_tokens: 16
concurrency: {in_flight}
accounts:
  - name: main
    keys: [vault:secret/bench#key]
    endpoints: [{provider}]
secrets:
  refresh: 1
  vault:
    addresses: [{store}]
    auth: {{method: token, token_file: token}}
"""


@dataclasses.dataclass
class Figures:
    rate: float
    failed: int
    charged: int
    refused: int
    keys: int


class Provider:
    """`with Provider(key) as provider:` runs the simulator until the block ends."""

    def __init__(self, key):
        self.process = subprocess.Popen(
            [bench.NIGHTJAR, "simulate", "--account", f"main={key}", "--latency",
             f"{LATENCY * 1000:.0f}ms"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def add(self, key):
        store.post(f"{self.url}/simulator/keys", {"add": {"account": "main", "key": key}})

    def revoke(self, key):
        store.post(f"{self.url}/simulator/keys", {"revoke": key})

    def ledger(self):
        with urllib.request.urlopen(f"{self.url}/simulator/ledger") as answer:
            return json.load(answer)


class Rotation(threading.Thread):
    """Gives the store and the provider a new key every second, and takes the old one back."""

    def __init__(self, key, vault, provider):
        super().__init__(daemon=True)
        self.key, self.vault, self.provider = key, vault, provider
        self.ended = threading.Event()
        self.may_rotate = threading.Lock()

    def run(self):
        while not self.ended.wait(1):
            with self.may_rotate:
                old, self.key = self.key, new_key()
                self.provider.add(self.key)
                self.vault.put(self.key)
                self.provider.revoke(old)

    def outage(self, name, start, length):
        """Without a store there is no new key either."""
        if self.ended.wait(start):
            return
        with self.may_rotate:
            self.vault.seal() if name == "sealed" else self.vault.kill()
            time.sleep(length)
            self.vault.unseal() if name == "sealed" else self.vault.restart()


def new_key():
    return f"sk-bench-{secrets.token_hex(16)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--seconds", type=int, default=120, help="how long each run takes")
    parser.add_argument("--in-flight", type=int, default=500, help="requests at a time")
    options = parser.parse_args()
    if unknown := [name for name in options.cases if name not in CASES]:
        parser.error(f"no such case: {', '.join(unknown)}")
    if not bench.NIGHTJAR.exists():
        parser.error(f"{bench.NIGHTJAR} is not there: run `make build` first, or set NIGHTJAR")
    if not store.program():
        parser.error("there is no bao: run `make setup` first")
    bench.print_machine()
    jobs = int(options.seconds * options.in_flight / LATENCY)
    print(f"{jobs:,} jobs, {options.in_flight} in flight at {LATENCY * 1000:.0f} ms, through "
          f"nightjar simulate; key from {store.program()}")
    still = measured("still", jobs, options)
    report("one key that stays", still, still)
    lost = 0
    for name in options.cases or CASES:
        figures = measured(name, jobs, options)
        report(CASES[name], figures, still)
        lost += figures.failed
    return 1 if lost else 0


def measured(name, jobs, options):
    scratch = bench.ROOT / ".build/bench"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        folder, key = pathlib.Path(folder), new_key()
        with store.Store(folder) as vault, Provider(key) as provider:
            vault.put(key)
            write_job_file(folder, name, jobs, options.in_flight, vault, provider)
            rotation = Rotation(key, vault, provider)
            if name != "still":
                rotation.start()
            if name in ("sealed", "killed"):
                times = (name, options.seconds / 3, options.seconds / 4)
                threading.Thread(target=rotation.outage, args=times, daemon=True).start()
            command = [bench.NIGHTJAR, "run", folder / "job.yaml", "--json", "--quiet"]
            print(f"\n$ {' '.join(map(str, command))}", flush=True)
            run = measure.run(command, jobs, folder / f"{name}.jsonl")
            rotation.ended.set()
            ledger = provider.ledger()
            with rotation.may_rotate:  # an outage ends before its store does
                pass
        return figures(folder / f"{name}.jsonl", run, ledger)


def write_job_file(folder, name, jobs, in_flight, vault, provider):
    measure.write_input(folder / "input.jsonl", jobs)
    token = folder / "token"
    token.touch(0o600)
    token.write_text(vault.token)
    (folder / "job.yaml").write_text(JOB_FILE.format(
        name=name, in_flight=in_flight, provider=provider.url, store=vault.url))


def figures(output, run, ledger):
    ids, charged = set(), 0
    with open(output) as results:
        for line in results:
            result = json.loads(line)
            ids.add(result["custom_id"])
            charged += result["nightjar"]["attempts"] - 1
    served = [key for key in ledger["keys"].values() if key["served"]]
    return Figures(run.rate, run.jobs - len(ids), charged,
                   ledger["total"]["outcomes"].get("401", 0), len(served))


def report(title, run, still):
    print(f"{title}: {run.rate:,.0f} jobs/s ({run.rate / still.rate:.1%} of one key that stays), "
          f"{run.failed} failed, {run.charged} attempts charged, {run.refused:,} requests refused, "
          f"{run.keys} keys served", flush=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env -S python3 -B
"""Runs nightjar against the simulator's limits and prints how much of the allowed rate it used.

    limits.py [--seconds N] [CASE ...]

The share of the allowed rate is what the simulator let through from the tenth second on, over what
its limits allow in that time; the burst that was saved up before is not counted in its favour.
NIGHTJAR names the program, .build/release/nightjar unless told.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import random
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NIGHTJAR = pathlib.Path(os.environ.get("NIGHTJAR", ROOT / ".build/release/nightjar")).resolve()


@dataclasses.dataclass
class Case:
    title: str
    account: str  # settings of the simulator's account
    meter: str  # served, input_tokens or output_tokens: the one that binds
    rate: float  # of the meter, a second
    wire: str = "anthropic"
    latency: str = "300ms"
    outputs: str = "20-200"
    max_tokens: int = 256
    prompt: int = 400  # mean bytes
    flags: tuple = ()
    events: tuple = ()  # (second, path, body)
    since: int = 10
    others: tuple = ()  # further accounts of the simulator


CASES = {
    "requests": Case("requests bind, 6,000 RPM, 5 s burst", "rpm=6000,burst=5", "served", 100),
    "requests-openai": Case("the same, OpenAI's headers", "rpm=6000,burst=5", "served", 100,
                            wire="openai"),
    "input": Case("input tokens bind, 1.2 M a minute, 5 s burst", "itpm=1200000,burst=5",
                  "input_tokens", 20_000, prompt=800),
    "produced": Case("output as produced, 120,000 a minute, 6 s burst", "otpm=120000,burst=6",
                     "output_tokens", 2_000, outputs="20-200", latency="lognormal:1s,0.5"),
    "reserved": Case("output reserved, 120,000 a minute, 6 s burst",
                     "otpm=120000,burst=6,charge=reserved", "output_tokens", 2_000,
                     outputs="20-200", latency="lognormal:1s,0.5", max_tokens=400),
    "reserved-openai": Case("tokens reserved, 240,000 a minute, 6 s burst",
                            "itpm=120000,otpm=120000,burst=6,charge=reserved", "tokens", 4_000,
                            wire="openai", latency="lognormal:1s,0.5", max_tokens=400),
    "kept-openai": Case("reservations kept, 600,000 a minute, 6 s burst",
                        "itpm=300000,otpm=300000,burst=6,charge=reserved-kept", "reserved", 10_000,
                        wire="openai", latency="lognormal:1s,0.5", max_tokens=400),
    "twice": Case("told twice the real limit", "rpm=6000,burst=5", "served", 100,
                  flags=("--rpm", "12000"), since=30),
    "twice-blind": Case("told twice the real limit, no headers", "rpm=6000,burst=5,headers=none",
                        "served", 100, flags=("--rpm", "12000"), since=30),
    "half": Case("told half the real limit", "rpm=6000,burst=5", "served", 100,
                 flags=("--rpm", "3000"), since=30),
    "blind": Case("no headers, nothing told", "rpm=6000,burst=5,headers=none", "served", 100,
                  since=30),
    "others": Case("another client takes half", "rpm=6000,burst=5,others=0.5", "served", 50),
    "sub": Case("a hidden limit over a tenth of a second", "rpm=6000,burst=5,sub=0.1", "served",
                100),
    "halved": Case("halved at 25 s, restored at 60 s", "rpm=6000,rpm=3000@25s-60s,burst=5",
                   "served", 100),
    "hold": Case("retry-after: 90 at 10 s", "rpm=6000,burst=5", "served", 100,
                 events=((10, "hold", {"account": "main", "seconds": 90}),)),
    "outage": Case("all 529 from 15 s to 75 s", "rpm=6000,burst=5", "served", 100,
                   events=((15, "outage", {"for": 60}),)),
    "two": Case("two accounts, 6,000 and 3,000 RPM", "rpm=6000,burst=5", "served", 150,
                others=("rpm=3000,burst=5",)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--seconds", type=int, default=60, help="how long each case runs")
    parser.add_argument("--verbose", action="store_true", help="print every second")
    options = parser.parse_args()
    print(f"{platform.node()}: {os.cpu_count()} cores, {platform.machine()}", flush=True)
    for name in options.cases or CASES:
        run_case(name, CASES[name], options)


def run_case(name, case, options):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        jobs = int(case.rate * (options.seconds + 60))
        write_input(folder / "input.jsonl", jobs if case.meter == "served" else jobs // 4, case)
        accounts = [case.account, *case.others]
        command = [NIGHTJAR, "simulate", "--latency", case.latency,
                   "--output-tokens", case.outputs]
        for number, settings in enumerate(accounts):
            command += ["--account", f"{account_name(number)}=made-up-{number},{settings}"]
        simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://\S+", simulator.stdout.readline()).group()
            measure(name, case, options, folder, url, len(accounts))
        finally:
            simulator.kill()
            simulator.wait()


def account_name(number):
    return "main" if number == 0 else f"account-{number}"


def write_input(path, jobs, case):
    dice = random.Random(1)
    with open(path, "w", encoding="utf-8") as lines:
        for job in range(jobs):
            size = max(40, int(dice.lognormvariate(0, 0.5) * case.prompt))
            prompt = f"prompt {job} " + "word " * (size // 5)
            lines.write(json.dumps({"id": str(job), "prompt": prompt}) + "\n")


def measure(name, case, options, folder, url, accounts):
    spec = ["provider: " + case.wire, "model: any", f"max_tokens: {case.max_tokens}",
            "input: input.jsonl", "output: results.jsonl", "accounts:"]
    environment = dict(os.environ)
    for number in range(accounts):
        environment[f"KEY_{number}"] = f"made-up-{number}"
        spec += [f"  - name: {account_name(number)}", f"    keys: [env:KEY_{number}]",
                 f"    endpoints: [{url}]"]
    (folder / "jobs.yaml").write_text("\n".join(spec) + "\n")
    command = [NIGHTJAR, "run", folder / "jobs.yaml", "--quiet", "--json", *case.flags]
    print(f"\n{name}: {case.title}\n$ nightjar simulate --account main=KEY,{case.account} "
          f"--latency {case.latency}; nightjar run jobs.yaml {' '.join(case.flags)}", flush=True)
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True,
                           stderr=subprocess.DEVNULL)
    timers = [threading.Timer(at, post, (url, path, body)) for at, path, body in case.events]
    for timer in timers:
        timer.start()
    seconds = options.seconds + sum(body.get("seconds", body.get("for", 0))
                                    for _, _, body in case.events)
    time.sleep(seconds)
    with urllib.request.urlopen(f"{url}/simulator/ledger") as answer:
        ledger = json.load(answer)
    run.terminate()
    run.communicate(timeout=60)
    for timer in timers:
        timer.cancel()
    report(case, ledger, options.verbose)


def post(url, path, body):
    urllib.request.urlopen(urllib.request.Request(f"{url}/simulator/{path}",
                                                  json.dumps(body).encode()))


def report(case, ledger, verbose):
    series = {entry["t"]: entry for entry in ledger["total"]["seconds"]}
    start = min(t for t, entry in series.items() if entry["served"])
    end = max(series)
    if verbose:
        for t in range(start, end):
            entry = series.get(t, {})
            print(f"  {t - start:3} served {entry.get('served', 0):4} 429 "
                  f"{entry.get('rate_limited', 0):3} refused {entry.get('refused', 0):3} "
                  f"in {entry.get('input_tokens', 0):6} out {entry.get('output_tokens', 0):6}")
    window = [series.get(t, {}) for t in range(start + case.since, end)]
    served = sum(entry.get("served", 0) for entry in window)
    limited = sum(entry.get("rate_limited", 0) for entry in window)
    if case.meter == "tokens":
        used = sum(e.get("input_tokens", 0) + e.get("output_tokens", 0) for e in window)
    elif case.meter == "reserved":
        used = served * case.max_tokens
    else:
        used = sum(entry.get(case.meter, 0) for entry in window)
    everything = ledger["total"]
    print(f"  from second {case.since} on: {100 * used / (case.rate * len(window)):.1f} % of the "
          f"allowed rate, {limited} of {served + limited} requests refused by 429 "
          f"({100 * limited / max(1, served + limited):.2f} %); in all {everything['rate_limited']} "
          f"of {everything['requests']}", flush=True)


if __name__ == "__main__":
    main()

"""Runs one client over one input and says what it cost; checks that every answer is the right one."""

import dataclasses
import json
import os
import secrets
import subprocess
import threading
import time

class Failure(Exception):
    """A client that did not do its work, so that its figures mean nothing."""


TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Sample:
    """What a client had used when it had written `lines` results."""

    lines: int
    cpu: float  # seconds
    resident: int  # bytes


@dataclasses.dataclass
class Run:
    jobs: int
    seconds: float
    cpu: float  # seconds, user and system
    peak: int  # bytes, resident
    samples: list

    @property
    def cpu_per_job(self):
        return self.cpu / self.jobs * 1000  # milliseconds

    @property
    def rate(self):
        return self.jobs / self.seconds


def write_input(path, jobs):
    """Plain input lines, each with a random marker that its answer must say back."""
    with open(path, "w") as lines:
        for number in range(jobs):
            line = {"id": f"job-{number:07d}", "prompt": f"Say this: marker-{secrets.token_hex(16)}"}
            lines.write(json.dumps(line, separators=(",", ":")) + "\n")


def run(command, jobs, output, sampled=False, environment=None):
    """Runs to the end; a client that fails raises."""
    environment = dict(os.environ, BENCH_KEY="bench", **(environment or {}))
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    samples = []
    if sampled:
        threading.Thread(target=watch, args=(process.pid, output, samples), daemon=True).start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"exit {process.returncode} from {' '.join(map(str, command))}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(jobs, seconds, cpu, usage.ru_maxrss * 1024, samples)


def watch(pid, output, samples):
    """Samples a running client every 50 ms by what it has written, until it is gone."""
    lines, position = 0, 0
    while True:
        try:
            with open(output, "rb") as results:
                results.seek(position)
                while block := results.read(1 << 20):
                    lines += block.count(b"\n")
                    position += len(block)
        except FileNotFoundError:
            pass
        try:
            with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/statm") as memory:
                fields = stat.read().rpartition(")")[2].split()
                cpu = (int(fields[11]) + int(fields[12])) / TICKS
                resident = int(memory.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError):
            return
        samples.append(Sample(lines, cpu, resident))
        time.sleep(0.05)


def cpu_between(samples, first, last):
    """CPU seconds between two counts of results, interpolated between samples."""
    return cpu_at(samples, last) - cpu_at(samples, first)


def cpu_at(samples, lines):
    for before, after in zip(samples, samples[1:]):
        if before.lines <= lines <= after.lines and after.lines > before.lines:
            share = (lines - before.lines) / (after.lines - before.lines)
            return before.cpu + share * (after.cpu - before.cpu)
    return samples[-1].cpu if samples and lines >= samples[-1].lines else 0.0


def check(input_path, output_path, jobs):
    """Every job has exactly one result, and it carries the marker of its own prompt."""
    seen = 0
    expected = {}
    with open(input_path) as lines:
        for line in lines:
            job = json.loads(line)
            expected[job["id"]] = job["prompt"].rpartition(" ")[2]
    with open(output_path) as results:
        for line in results:
            result = json.loads(line)
            answer = result["response"]["body"]["content"][0]["text"]
            if expected.pop(result["custom_id"], None) != answer:
                raise Failure(f"wrong or second answer for {result['custom_id']}")
            seen += 1
    if expected or seen != jobs:
        raise Failure(f"{len(expected)} of {jobs} jobs have no result")

"""What a night asks of nightjar besides speed: large documents, a resume, a provider with faults.

Each takes a scratch folder, the program and the bare libcurl loop, and prints its figures.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import time

import measure
from server import LightServer


def documents(folder, nightjar, reference, size=500_000):
    """The memory that 2,000 documents of one size take, all flags at their defaults."""
    count, distinct = 2_000, 20
    source = folder / "documents"
    source.mkdir()
    for number in range(distinct):
        text = f"Say this: marker-{secrets.token_hex(16)} " + "word " * (size // 5)
        (source / f"{number:04d}.txt").write_text(text[:size])
    for number in range(distinct, count):
        os.link(source / f"{number % distinct:04d}.txt", source / f"{number:04d}.txt")
    listing = folder / "documents.list"
    listing.write_text("".join(f"{path}\n" for path in sorted(source.iterdir())))
    output = folder / "results.jsonl"
    with LightServer(folder) as server:
        ours = measure.run(command(nightjar, source, output, server.base_url), count, output)
        bare = measure.run([reference, f"{server.base_url}/v1/messages", listing,
                            folder / "reference.jsonl", "100", "1"], count, output)
    check_documents(source, output, count)
    print(f"2,000 documents of {size / 1e6:g} MB, default flags")
    compare("peak memory, MB", ours.peak / 1e6, bare.peak / 1e6)
    compare("CPU per job, ms", ours.cpu_per_job, bare.cpu_per_job)


def large_documents(folder, nightjar, reference):
    documents(folder, nightjar, reference, 4_000_000)


def check_documents(source, output, count):
    expected = {}
    for path in source.iterdir():
        with open(path) as document:
            expected[path.name] = re.search(r"marker-\w+", document.read(100))[0]
    with open(output) as results:
        for line in results:
            result = json.loads(line)
            answer = result["response"]["body"]["content"][0]["text"]
            if expected.pop(result["custom_id"], None) != answer:
                raise measure.Failure(f"wrong or second answer for {result['custom_id']}")
    if expected:
        raise measure.Failure(f"{len(expected)} of {count} documents have no result")


def resume(folder, nightjar, _):
    """How long a batch with 560,000 of 1,000,000 jobs done takes to its first request."""
    source, output = folder / "input.jsonl", folder / "results.jsonl"
    measure.write_input(source, 1_000_000)
    with LightServer(folder) as server:
        arguments = command(nightjar, source, output, server.base_url)
        run = subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL)
        wait_for_lines(output, 560_000, run)
        run.kill()
        run.wait()
    seconds = []
    for _ in range(3):
        seconds.append(time_to_first_request(arguments, server.port))
    print("resume of a batch with 560,000 of 1,000,000 done: first request after "
          + ", ".join(f"{each:.2f}" for each in seconds) + " s")


def wait_for_lines(path, count, process):
    lines, position = 0, 0
    while lines < count:
        if process.poll() is not None:
            raise measure.Failure(f"exit {process.returncode} before {count} results were there")
        time.sleep(0.05)
        if path.exists():
            with open(path, "rb") as results:
                results.seek(position)
                while block := results.read(1 << 20):
                    lines += block.count(b"\n")
                    position += len(block)


def time_to_first_request(arguments, port):
    """Runs until the first byte of a request has come, which nobody answers, and ends the run."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(60)
        started = time.monotonic()
        run = subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL)
        try:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                return time.monotonic() - started
        finally:
            run.kill()
            run.wait()


def faults(folder, nightjar, reference):
    """5,000 jobs at a provider that fails one request in eleven, beside one that never does."""
    source, output = folder / "input.jsonl", folder / "results.jsonl"
    measure.write_input(source, 5_000)
    mix = ["529=0.05", "reset=0.02", "truncate=0.01", "hang=0.01"]
    print("5,000 jobs, 100 in flight, 50 ms; 5 % 529, 2 % resets, 1 % cut short, 1 % silent")
    bare = None
    for told, flags in (("no faults", []), ("retry-after: 1", ["--retry-after", "1"]),
                        ("no retry-after", [])):
        kinds = [] if told == "no faults" else [word for kind in mix for word in ("--fault", kind)]
        with subprocess.Popen([nightjar, "simulate", "--latency", "50ms", *kinds, *flags],
                              stdout=subprocess.PIPE, text=True) as simulator:
            try:
                url = re.search(r"http://\S+", simulator.stdout.readline())[0]
                if not bare:
                    bare = measure.run([reference, f"{url}/v1/messages", source,
                                        folder / "reference.jsonl", "100", "1"], 5_000, output)
                run = measure.run([*command(nightjar, source, output, url), "--timeout", "10"],
                                  5_000, output)
            finally:
                simulator.terminate()
        compare(f"{told}, s", run.seconds, bare.seconds)
        for path in folder.glob("results.jsonl*"):
            path.unlink()


def command(nightjar, source, output, url):
    return [nightjar, "run", source, "-o", output, "--provider", "anthropic", "--base-url", url,
            "--key", "env:BENCH_KEY", "--model", "m", "--max-tokens", "16", "--quiet"]


def environment():
    return dict(os.environ, BENCH_KEY="bench")


def compare(label, ours, bare):
    print(f"  {label:<24}{ours:>10,.2f} (bare libcurl {bare:,.2f}, ratio {ours / bare:.2f})",
          flush=True)


ALL = {"documents": documents, "large-documents": large_documents, "faults": faults,
       "resume": resume}

"""An OpenBao on loopback that can be sealed, killed and started again without losing anything."""

import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGURATION = """\
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_disable = true
}}
storage "file" {{ path = "{folder}/data" }}
"""


def program():
    """bao or vault, or None where neither is installed."""
    ours = ROOT / ".build/tools/bin/bao"
    return shutil.which("bao") or shutil.which("vault") or (str(ours) if ours.exists() else None)


def post(url, body, token=None, method="POST"):
    headers = {"X-Vault-Token": token} if token else {}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


class Store:
    """`with Store(folder) as store:` runs it until the block ends, with KV 2 at `secret/`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        (self.folder / "data").mkdir()
        (self.folder / "store.hcl").write_text(CONFIGURATION.format(port=port, folder=folder))

    def __enter__(self):
        self.start()
        keys = self.call("sys/init", {"secret_shares": 1, "secret_threshold": 1}, method="PUT")
        self.unseal_key, self.token = keys["keys_base64"][0], keys["root_token"]
        self.unseal()
        self.call("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        return self

    def __exit__(self, *_):
        self.kill()

    def call(self, path, body, method="POST"):
        """Repeats what a store refuses that has only just started."""
        deadline = time.monotonic() + 30
        while True:
            try:
                token = getattr(self, "token", None)
                return post(f"{self.url}/v1/{path}", body, token, method)
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def start(self):
        self.process = subprocess.Popen(
            [program(), "server", f"-config={self.folder}/store.hcl"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def put(self, key):
        self.call("secret/data/bench", {"data": {"key": key}})

    def seal(self):
        self.call("sys/seal", {}, method="PUT")

    def unseal(self):
        self.call("sys/unseal", {"key": self.unseal_key}, method="PUT")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.start()
        self.unseal()

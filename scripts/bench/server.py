"""The echo servers of the bench, in the Anthropic Messages shape: nginx with Lua, one worker, and a
lighter one in C.

Every prompt carries a random marker; the answer says it back, so answers can be checked against
prompts. A request without the bench's key is refused with 401.
"""

import os
import pathlib
import re
import socket
import subprocess
import time

CONFIGURATION = """\
{modules}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
worker_processes 1;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_body_buffer_size 64k;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_header_timeout 600s;
  client_body_timeout 600s;
  server {{
    listen 127.0.0.1:{port} backlog=4096 {options};
    {certificate}
    location / {{
      content_by_lua_block {{
        ngx.req.read_body()
        if ngx.var.http_x_api_key ~= "bench" then
          return ngx.exit(401)
        end
        local marker = string.match(ngx.req.get_body_data() or "", "marker%-%x+")
        if {latency} > 0 then ngx.sleep({latency}) end
        local answer = '{{"id":"msg_bench","type":"message","role":"assistant","model":"m",'
          .. '"content":[{{"type":"text","text":"' .. (marker or "no marker") .. '"}}],'
          .. '"stop_reason":"end_turn","stop_sequence":null,'
          .. '"usage":{{"input_tokens":16,"output_tokens":8}}}}'
        ngx.header["Content-Type"] = "application/json"
        ngx.header["Content-Length"] = #answer
        ngx.print(answer)
      }}
    }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """A CA and a certificate for localhost and 127.0.0.1, both good for a day."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1",
            "-subj", "/CN=nightjar bench CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "1", "-extfile", "names")
    return folder / "ca.pem"


class Server:
    """`with Server(folder, latency=2, http="h2") as server:` runs nginx until the block ends."""

    def __init__(self, folder, latency=0.0, http="plain"):
        self.folder = pathlib.Path(folder)
        self.latency = latency
        self.http = http  # plain, h1 or h2; the last two over TLS
        self.port = free_port()
        self.authority = None
        scheme = "http" if http == "plain" else "https"
        self.base_url = f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self):
        certificate = ""
        if self.http != "plain":
            self.authority = make_certificate(self.folder)
            certificate = "ssl_certificate server.pem; ssl_certificate_key server.key;"
        options = {"plain": "", "h1": "ssl", "h2": "ssl http2"}[self.http]
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            modules=load_modules(), folder=self.folder, port=self.port, options=options,
            certificate=certificate, latency=self.latency, files=file_limit()))
        self.process = subprocess.Popen(
            [nginx(), "-p", self.folder, "-c", configuration, "-e", self.folder / "error.log"])
        self.wait_until_listening()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def wait_until_listening(self):
        if is_listening(self.process, self.port):
            return
        log = self.folder / "error.log"
        raise SystemExit(f"bench: nginx did not start\n{log.read_text() if log.exists() else ''}")


class LightServer:
    """`with LightServer(folder) as server:` compiles and runs `echo.c` until the block ends."""

    authority = None

    def __init__(self, folder, latency=0.0, port=None):
        self.program = pathlib.Path(folder) / "echo"
        self.latency = latency
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        source = pathlib.Path(__file__).with_name("echo.c")
        subprocess.run(["gcc", "-O2", "-o", self.program, source], check=True)
        self.process = subprocess.Popen(
            [self.program, str(self.port), str(int(1000 * self.latency))])
        if not is_listening(self.process, self.port):
            raise SystemExit("bench: the light server did not start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def is_listening(process, port):
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def nginx():
    return next((p for p in ("/usr/sbin/nginx", "/usr/local/sbin/nginx") if os.path.exists(p)), "nginx")


def load_modules():
    """Debian builds Lua as loadable modules; elsewhere it may be built in."""
    built = subprocess.run([nginx(), "-V"], capture_output=True, text=True).stderr
    found = re.search(r"--modules-path=(\S+)", built)
    folder = pathlib.Path(found[1]) if found else pathlib.Path("/usr/lib/nginx/modules")
    names = ["ndk_http_module.so", "ngx_http_lua_module.so"]
    return "\n".join(f"load_module {folder / name};" for name in names if (folder / name).exists())


def file_limit():
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]

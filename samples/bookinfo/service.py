"""What the Python services of Bookinfo share: a JSON-speaking HTTP server and calls that carry the caller's trace on."""

import http.client
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "9080"))

# Headers that tie the calls of one request together. A proxy can only join what the application hands on.
CARRIED = (
    "x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled",
    "x-b3-flags", "end-user", "user-agent", "authorization",
)


class Handler(BaseHTTPRequestHandler):
    """Keep-alive HTTP/1.1. A service overrides `get` (and `post`) and answers with `json`, `html` or `redirect`."""

    protocol_version = "HTTP/1.1"
    name = "service"

    def do_GET(self):
        if self.path.split("?")[0] == "/health":
            self.json(200, {"status": f"{self.name.capitalize()} is healthy"})
        else:
            self.get(self.path.split("?")[0])

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        self.post(self.path.split("?")[0], self.rfile.read(length))

    def get(self, path):
        self.json(404, {"error": f"nothing at {path}"})

    def post(self, path, body):
        self.json(405, {"error": "only GET is served here"})

    def json(self, status, value):
        self.answer(status, "application/json", json.dumps(value).encode())

    def html(self, status, text):
        self.answer(status, "text/html; charset=utf-8", text.encode())

    def redirect(self, location, cookie=None):
        self.answer(302, "text/plain", b"", {"location": location, **({"set-cookie": cookie} if cookie else {})})

    def answer(self, status, content_type, body, headers=None):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def carried(self):
        return {name: self.headers[name] for name in CARRIED if self.headers[name]}

    def log_message(self, format, *args):
        if os.environ.get("LOG_REQUESTS"):
            sys.stderr.write(f"{self.name} {self.address_string()} {format % args}\n")


def call(host, path, headers, timeout):
    """GET http://host:9080/path. Answers (status, parsed JSON), or (500, None) when nobody answered in time."""
    name = os.environ.get(f"{host.upper()}_HOSTNAME", host)
    domain = os.environ.get("SERVICES_DOMAIN", "")
    port = int(os.environ.get(f"{host.upper()}_SERVICE_PORT", "9080"))
    connection = http.client.HTTPConnection(f"{name}.{domain}" if domain else name, port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        return response.status, json.loads(body) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return 500, None
    finally:
        connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def serve(handler):
    server = Server(("0.0.0.0", PORT), handler)
    # shutdown() waits for serve_forever to notice, so it cannot run on the thread that the signal interrupts.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass

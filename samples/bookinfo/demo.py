"""Runs Bookinfo as a mesh and drives it: what ./demo does after it has built Weft.

Without --for it stays until Ctrl-C, with a live table of who calls whom. With --for SECONDS it drives load through the gateway, stops by
itself, and exits 1 if a request failed.
"""

import argparse
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEFT = os.path.join(ROOT, "artifacts/bin/weft")
READY_SECONDS = 60
STOP_SECONDS = 20
WORKERS = 16
GENTLE_RATE = 5
SERVED_BY = re.compile(rb"Reviews served by <code>([a-z0-9-]+?-v\d+)")
BROKEN = (b"Sorry, product", b"Ratings service is currently unavailable")


class Mesh:
    """`weft up` as a child process; it stops when this process does, however that ends."""

    def __init__(self, extra):
        self.events = {}
        self.ready = threading.Event()
        # A group of its own, so that Ctrl-C at the terminal reaches it through us, once.
        self.process = subprocess.Popen(
            [WEFT, "up", "-f", os.path.join(ROOT, "samples/bookinfo/weft.yaml"), "-o", "json", *extra],
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                print(line, end="", file=sys.stderr)
                continue
            if event.get("event") == "ready":
                self.events = event
                self.ready.set()
            elif event.get("event") in ("notice", "error"):
                print(event.get("text", line.strip()), file=sys.stderr)
        self.ready.set()

    def wait(self):
        if not self.ready.wait(READY_SECONDS) or not self.events:
            self.stop()
            sys.exit("The mesh did not start; `./weft check` names what this machine lacks.")
        return self.events

    def get(self, path):
        """GET from the control plane's local socket: its owner needs no token."""
        connection = UnixConnection(os.path.join(self.events["home"], "run/control.sock"))
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Load:
    """Requests for the product page at a steady rate, over kept connections; latency counts from the intended start."""

    def __init__(self, url, rate):
        self.url = urlsplit(url)
        self.rate = rate
        self.began = time.monotonic()
        self.sent = self.failures = 0
        self.latencies = []
        self.versions = {}
        self.problems = {}
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for worker in self.workers:
            worker.start()

    def _next(self):
        with self.lock:
            start = self.began + self.sent / self.rate
            self.sent += 1
        return None if self.stopping.wait(max(0.0, start - time.monotonic())) else start

    def _work(self):
        connection = None
        while (start := self._next()) is not None:
            try:
                connection = connection or http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=15)
                connection.request("GET", self.url.path, headers={"user-agent": "bookinfo-demo"})
                response = connection.getresponse()
                body = response.read()
                problem = None if response.status == 200 else f"status {response.status}"
                problem = problem or next((b.decode() for b in BROKEN if b in body), None)
            except (OSError, http.client.HTTPException) as broken:
                body, problem, connection = b"", type(broken).__name__, None
            self._count(time.monotonic() - start, body, problem)

    def _count(self, took, body, problem):
        version = SERVED_BY.search(body)
        with self.lock:
            self.latencies.append(took * 1000)
            if problem:
                self.failures += 1
                self.problems[problem] = self.problems.get(problem, 0) + 1
            elif version:
                name = version.group(1).decode()
                self.versions[name] = self.versions.get(name, 0) + 1

    def stop(self):
        self.stopping.set()
        for worker in self.workers:
            worker.join(20)

    def percentile(self, share):
        found = sorted(self.latencies)
        return round(found[min(len(found) - 1, int(len(found) * share))], 3) if found else 0


def result(mesh, load, seconds):
    edges = mesh.get("/weft/v1/edges")["edges"]
    inside = [e for e in edges if not e["source"]["outside"] and not e["destination"]["outside"]]
    total = sum(e["totalRequests"] for e in inside)
    encrypted = sum(round(e["totalRequests"] * (e["mtls"] or 0)) for e in inside)
    return {
        "requests": len(load.latencies),
        "failures": load.failures,
        "rps": round(len(load.latencies) / seconds, 2),
        "versions": dict(sorted(load.versions.items())),
        "mtls": {"encrypted": encrypted, "plaintext": total - encrypted},
        "latencyMs": {"p50": load.percentile(0.5), "p90": load.percentile(0.9), "p99": load.percentile(0.99)},
        "proxies": [
            {"workload": p["workload"], "rssMiB": p["rssMiB"], "cpuSeconds": p["cpuSeconds"]} for p in mesh.get("/weft/v1/proxies")["proxies"]
        ],
        "problems": load.problems,
    }


def table(edges):
    rows = [("FROM", "TO", "REQ/S", "SUCCESS", "P50 MS", "P99 MS", "MTLS")]
    for e in sorted(edges, key=lambda e: (e["source"]["id"], e["destination"]["id"])):
        latency = e["latencyMs"] or {}
        rows.append((
            e["source"]["id"], e["destination"]["id"], f'{e["requestsPerSecond"]:.1f}',
            "-" if e["successRate"] is None else f'{e["successRate"]:.1%}', str(latency.get("p50", "-")), str(latency.get("p99", "-")),
            "-" if e["mtls"] is None else "yes" if e["mtls"] == 1 else "no" if e["mtls"] == 0 else f'{e["mtls"]:.0%}',
        ))
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def watch(mesh, stopped):
    """The live table, redrawn in place on a terminal; elsewhere one table every ten seconds."""
    terminal, drawn = sys.stdout.isatty(), 0
    while not stopped.wait(1 if terminal else 10):
        if mesh.process.poll() is not None:
            return
        try:
            lines = table(mesh.get("/weft/v1/edges?window=10")["edges"])
        except (OSError, ValueError, KeyError):
            continue  # the control plane is being restarted
        if terminal and drawn:
            print(f"\x1b[{drawn}F\x1b[J", end="")
        print("\n".join(lines), flush=True)
        drawn = len(lines)


def main():
    parser = argparse.ArgumentParser(prog="./demo", description="Runs the sample application Bookinfo as a mesh.",
                                     epilog="Examples: ./demo    ./demo --for 60 --rate 50 --json out.json")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="drive load for so long, then stop; exit 1 if a request failed")
    parser.add_argument("--rate", type=float, metavar="RPS", help=f"page requests per second (default 20 with --for, else {GENTLE_RATE} to give the map something to show; 0: none)")
    parser.add_argument("--json", metavar="FILE", help="with --for: what was counted, for scripts")
    options, extra = parser.parse_known_args()
    if options.seconds is not None and options.seconds <= 0 or options.rate is not None and options.rate < 0:
        parser.error("SECONDS must be positive and RPS not negative")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    began = time.monotonic()
    mesh = Mesh(extra)
    try:
        ready = mesh.wait()
        print(f"Started in {time.monotonic() - began:.1f} s.\n\n  application  {ready['application']}\n  page         {ready['page']}\n  API          {ready['api']}"
              f"\n  kubectl      export KUBECONFIG={ready['kubeconfig']}\n", flush=True)
        rate = options.rate if options.rate is not None else 20 if options.seconds else GENTLE_RATE
        load = Load(ready["application"], rate) if rate > 0 else None
        if options.seconds is None:
            watch(mesh, stopped)
            return 0
        stopped.wait(options.seconds)
        if load:
            load.stop()
        time.sleep(2)  # proxies report once a second: the last requests are in after this
        counted = result(mesh, load, options.seconds) if load else {}
        print(json.dumps(counted, indent=2))
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(counted, file, indent=2)
        return 1 if counted.get("failures") else 0
    finally:
        mesh.stop()


if __name__ == "__main__":
    sys.exit(main())

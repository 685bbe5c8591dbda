"""A web service that takes its time and ends at once when it is told to, whatever it is doing.

It keeps one text under /schema, and is ready when the definition it is bound to has the text it needs.
"""
import http.server
import os
import signal
import time
import urllib.request

KEPT = {"schema": "1"}


def ready():
    needed = os.environ.get("NEEDS")
    if not needed:
        return True
    try:
        with urllib.request.urlopen(os.environ["LEDGER_URL"] + "/schema", timeout=5) as answer:
            return answer.read().decode() == needed
    except OSError:
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200 if ready() else 503, "")
        if self.path == "/schema":
            return self.answer(200, KEPT["schema"])
        if self.path == "/slow":
            print("begun", flush=True)
            time.sleep(1)
        return self.answer(200, os.environ.get("VERSION", ""))

    def do_POST(self):
        KEPT["schema"] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(200, "")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def end(*_):
    print("told to stop", flush=True)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
Server(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()

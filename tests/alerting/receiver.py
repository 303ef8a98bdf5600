"""Somebody else's service on loopback that takes alerts, and checks them by the specification's own words."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SECRET = "whsec_" + b64encode(b"a secret of thirty-two bytes ...").decode()


class Receiver:
    """Answers with what `statuses` says, then with 204; keeps what came with a right signature apart from the rest."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.taken, self.refused, self.forged, self.ids, self.paths = [], [], [], [], []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = server.judge(self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def judge(self, path, headers, body):
        """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme"""
        self.paths.append(path)
        content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
        digest = hmac.new(b64decode(SECRET.removeprefix("whsec_")), content, hashlib.sha256).digest()
        if headers["webhook-signature"] != f"v1,{b64encode(digest).decode()}":
            self.forged.append(body)
            return 401, {}
        self.ids.append(headers["webhook-id"])
        status = self.statuses.pop(0) if self.statuses else 204
        kind = json.loads(body)["type"]
        (self.taken if 200 <= status < 300 else self.refused).append(kind)
        return status, {"Location": f"{self.url}/elsewhere"} if 300 <= status < 400 else {}

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

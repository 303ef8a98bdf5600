"""Whoever names a host, answers for one, or stands where one should be makes Marquee call no other, and say nothing there."""

import ast
import tracemalloc
from pathlib import Path

import pytest
from impostors import bomb, certificate, serving

from handlers.forwarding.outgoing import MAX_ANSWER_BYTES, Outgoing

PROJECT = Path(__file__).resolve().parents[2]
SECRET = {"Authorization": "Bearer a-token-of-the-platform"}


@pytest.fixture
def trusted(monkeypatch, tmp_path):
    """The identity of some internal host, whose certificate this service trusts as well."""
    identity = certificate(tmp_path, "internal.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity))
    return identity


def test_a_name_that_leads_to_another_host_by_now_is_told_nothing(trusted):
    """DNS rebinding: the platform's name resolves to an internal address, whose host cannot show the platform's name."""
    with serving(identity=trusted) as internal:
        reply = Outgoing(f"https://localhost:{internal.server_port}", 5.0).call("GET", "/", headers=SECRET)
    assert (reply.status, reply.fault) == (None, "tls")
    assert internal.heard == []


def test_a_host_with_its_own_name_is_told(monkeypatch, tmp_path):
    """So that the refusal above is for the name, and nothing else."""
    identity = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity))
    with serving(identity=identity) as right:
        assert Outgoing(f"https://localhost:{right.server_port}", 5.0).call("GET", "/").status == 200
    assert len(right.heard) == 1


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(tmp_path):
    with serving(identity=certificate(tmp_path, "localhost")) as impostor:
        reply = Outgoing(f"https://localhost:{impostor.server_port}", 5.0).call("GET", "/", headers=SECRET)
    assert (reply.fault, impostor.heard) == ("tls", [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_a_private_address_is_not_followed(status, method):
    with serving() as internal:
        metadata = {"Location": f"http://127.0.0.1:{internal.server_port}/latest/meta-data"}
        with serving(status, metadata) as platform:
            reply = Outgoing(f"http://127.0.0.1:{platform.server_port}", 5.0).call(method, "/", headers=SECRET)
    assert (reply.status, internal.heard) == (status, [])


@pytest.mark.parametrize(
    "private", ["10.0.0.1", "192.168.0.1", "169.254.169.254", "[fd00::1]", "127.0.0.1.nip.io", "2130706433"]
)
def test_nothing_but_this_host_is_called_without_encryption(private):
    with pytest.raises(ValueError, match="not encrypted"):
        Outgoing(f"http://{private}", 5.0)


def test_a_small_answer_that_unpacks_to_a_large_one_is_given_up_before_it_takes_much_memory():
    with serving(headers={"Content-Encoding": "gzip"}, content=bomb(20 * MAX_ANSWER_BYTES)) as platform:
        caller = Outgoing(f"http://127.0.0.1:{platform.server_port}", 20.0)
        tracemalloc.start()
        reply = caller.call("GET", "/")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reply.fault == "too_large_or_slow"
    assert most < 3 * MAX_ANSWER_BYTES


CALLERS = {"requests", "urllib3", "http.client", "urllib.request", "httpx", "aiohttp", "smtplib", "ftplib"}
ONE_WAY, COLLECTORS = "handlers/forwarding/outgoing.py", "handlers/operating/traces.py"


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))


def test_there_is_one_way_to_call_another_host_and_the_collectors_own():
    files = [PROJECT / "app.py", *(file for room in ("handlers", "schemas") for file in (PROJECT / room).rglob("*.py"))]
    calling = {
        str(file.relative_to(PROJECT))
        for file in files
        if any(name == one or name.startswith(f"{one}.") for name in imported(file) for one in CALLERS)
    }
    exporting = {str(file.relative_to(PROJECT)) for file in files if any("exporter" in name for name in imported(file))}
    assert (calling, exporting) == ({ONE_WAY}, {COLLECTORS})

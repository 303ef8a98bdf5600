"""An SQLite file is for one host: a network file system and another host's open file are refused with a reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from handlers.errors import FaultySettings
from handlers.inbox import hosts
from handlers.inbox.database import Database
from handlers.inbox.hosts import HostMark, file_system

PROJECT = Path(__file__).resolve().parents[2]
MOUNTS = """\
/dev/vda / ext4 rw 0 0
tmpfs /var tmpfs rw 0 0
10.0.0.1:/exports /var/shared nfs4 rw,vers=4.2 0 0
//filer/share /var/two\\040words cifs rw 0 0
me@host: /var/shared/remote fuse.sshfs rw 0 0
/dev/vdb /var/shared/disk xfs rw 0 0
over /var/over nfs rw 0 0
/dev/vdc /var/over ext4 rw 0 0
tank /srv fuse.mergerfs rw 0 0
host /mnt/folder 9p rw 0 0
"""
HOLD = """
import sys
from pathlib import Path
from handlers.inbox import hosts
hosts.BOOT = Path(sys.argv[2])
mark = hosts.HostMark(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    monkeypatch.setattr(hosts, "MOUNTS", table)
    return table


@pytest.fixture
def boot(tmp_path, monkeypatch):
    """Says which host this is from now on."""

    def be(name):
        told = tmp_path / f"boot-{name}"
        told.write_text(f"{name * 36}\n")
        monkeypatch.setattr(hosts, "BOOT", told)
        return told

    be("a")
    return be


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv2/marquee.db", "ext4"),
        ("/var/marquee.db", "tmpfs"),
        ("/var/shared/deep/er/marquee.db", "nfs4"),
        ("/var/sharedelsewhere/marquee.db", "tmpfs"),
        ("/var/two words/marquee.db", "cifs"),
        ("/var/shared/remote/marquee.db", "fuse.sshfs"),
        ("/var/shared/disk/marquee.db", "xfs"),
        ("/var/over/marquee.db", "ext4"),
    ],
)
def test_the_file_system_below_a_path_is_the_deepest_and_last_mounted(mounts, path, kind):
    assert file_system(Path(path)) == kind


@pytest.mark.parametrize("place", ["/var/shared/x", "/var/two words", "/var/shared/remote"])
def test_a_network_file_system_is_refused_before_anything_is_made_on_it(mounts, place):
    with pytest.raises(FaultySettings, match="network file system .*one host.*PostgreSQL"):
        Database(f"sqlite:///{place}/marquee.db")
    assert not Path(place).exists()


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuse.mergerfs", "9p", "virtiofs"])
def test_other_file_systems_are_taken(mounts, tmp_path, kind):
    mounts.write_text(f"some / {kind} rw 0 0\n")
    Database(f"sqlite:///{tmp_path}/marquee.db").close()


def test_where_the_kernel_tells_nothing_the_file_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(hosts, "MOUNTS", tmp_path / "none")
    monkeypatch.setattr(hosts, "BOOT", tmp_path / "none")
    Database(f"sqlite:///{tmp_path}/marquee.db").close()
    assert not (tmp_path / "marquee.db.host").exists()


def test_several_of_one_host_have_a_file_open(tmp_path):
    opened = [Database(f"sqlite:///{tmp_path}/marquee.db") for _ in range(3)]
    for one in opened:
        one.close()


def test_a_file_that_another_host_has_open_is_refused_until_that_one_ends_however_it_ends(tmp_path, boot):
    words = [sys.executable, "-c", HOLD, tmp_path / "marquee.db.host", boot("b")]
    boot("a")
    with subprocess.Popen(words, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        for _ in range(2):
            with pytest.raises(FaultySettings, match=r"Another host has marquee\.db open.*PostgreSQL"):
                Database(f"sqlite:///{tmp_path}/marquee.db")
        other.kill()
        other.wait(10)
        Database(f"sqlite:///{tmp_path}/marquee.db").close()


def test_the_one_that_was_there_first_is_not_disturbed_by_one_that_was_refused(tmp_path, boot):
    path = tmp_path / "marquee.db.host"
    first = HostMark(path)
    boot("b")
    with pytest.raises(FaultySettings):
        HostMark(path)
    boot("a")
    second = HostMark(path)
    first.close()
    boot("b")
    with pytest.raises(FaultySettings):  # the second one of the first host is still there
        HostMark(path)
    second.close()
    HostMark(path).close()


def test_a_file_that_moved_to_another_host_is_taken_there(tmp_path, boot):
    HostMark(tmp_path / "host").close()
    boot("b")
    HostMark(tmp_path / "host").close()

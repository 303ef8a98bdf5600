"""What is counted is kept in memory where there is some: a full disk ends nobody, and nobody else can meddle with it."""

import os

import pytest

from handlers.operating.counting import in_memory


@pytest.fixture
def memory(tmp_path):
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


def test_a_project_has_a_folder_of_its_own_that_others_cannot_enter(memory, tmp_path):
    folder = in_memory(tmp_path / "one", memory)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert in_memory(tmp_path / "one", memory) == folder != in_memory(tmp_path / "other", memory)


def test_without_memory_there_is_none(tmp_path):
    assert in_memory(tmp_path, tmp_path / "none") is None


def test_a_link_that_somebody_laid_there_before_is_not_followed(memory, tmp_path):
    folder = in_memory(tmp_path, memory)
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert in_memory(tmp_path, memory) is None


def test_a_folder_that_others_can_write_is_not_taken(memory, tmp_path):
    in_memory(tmp_path, memory).chmod(0o777)
    assert in_memory(tmp_path, memory) is None


def test_a_folder_of_somebody_else_is_not_taken(memory, tmp_path):
    assert in_memory(tmp_path, memory, user=os.geteuid() + 1) is None

"""What is closed leaves no connection open, whoever still uses one."""

import pytest

from handlers.inbox.database import Database


@pytest.fixture
def opened(database_url):
    """Closed by the test."""
    return Database(database_url)


def assert_is_closed(opened, driver):
    with pytest.raises(opened._backend.errors, match="closed"):
        driver.execute("SELECT 1")


def test_a_connection_that_lies_idle_is_closed(opened):
    with opened.read() as connection:
        driver = connection.connection.driver_connection
    assert driver.execute("SELECT 1").fetchall() == [(1,)]
    opened.close()
    assert_is_closed(opened, driver)


def test_a_connection_that_is_in_use_is_closed_when_it_is_given_back(opened):
    with opened.read() as connection:
        driver = connection.connection.driver_connection
        opened.close()
        assert driver.execute("SELECT 1").fetchall() == [(1,)]
    assert_is_closed(opened, driver)


def test_whoever_comes_too_late_leaves_none_open(opened):
    opened.close()
    with opened.read() as connection:
        driver = connection.connection.driver_connection
    assert_is_closed(opened, driver)

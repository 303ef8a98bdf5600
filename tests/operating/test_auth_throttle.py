"""Whoever fails often waits, over all processes, and learns nothing by it."""

from threading import Thread

import pytest
from strangers import ACCESS, READ_TOKEN, TOKEN, Browser, bearer, guarded_app

from handlers.inbox import tables
from handlers.inbox.guarding import purge_guards
from handlers.operating.auth_throttle import MOST_OF_ALL, MOST_OF_ONE, WINDOW_SECONDS, Throttle, Throttled


def from_(address):
    return {"REMOTE_ADDR": address}


def fail(client, times, address="192.0.2.1", token="wrong-token"):
    return [
        client.get("/api/thing", headers=bearer(token), environ_overrides=from_(address)).status_code
        for _ in range(times)
    ]


def pass_time(database, seconds):
    with database.write() as connection:
        connection.execute(tables.failure.update().values(until=tables.failure.c.until - seconds))


@pytest.fixture
def client(database):
    return guarded_app(database).test_client()


@pytest.mark.sqlite
def test_after_ten_failures_a_client_waits_for_what_the_answer_says(client):
    assert fail(client, MOST_OF_ONE) == [401] * MOST_OF_ONE
    answer = client.get("/api/thing", headers=bearer("wrong-token"), environ_overrides=from_("192.0.2.1"))
    assert (answer.status_code, answer.json["reason"]) == (429, "throttled")
    assert WINDOW_SECONDS - 60 < int(answer.headers["Retry-After"]) <= WINDOW_SECONDS


@pytest.mark.sqlite
def test_the_right_token_has_the_same_answer_meanwhile(client):
    fail(client, MOST_OF_ONE)
    wrong = client.get("/api/thing", headers=bearer("wrong-token"), environ_overrides=from_("192.0.2.1"))
    right = client.get("/api/thing", headers=bearer(), environ_overrides=from_("192.0.2.1"))
    assert (right.status_code, right.json["reason"]) == (wrong.status_code, wrong.json["reason"]) == (429, "throttled")


@pytest.mark.sqlite
def test_the_right_password_has_the_same_answer_meanwhile(database):
    browser = Browser(guarded_app(database))
    assert {browser.sign_in(password="wrong").status_code for _ in range(MOST_OF_ONE)} == {401}
    wrong, right = browser.sign_in(password="wrong"), browser.sign_in()
    assert (wrong.status_code, right.status_code, browser.who()) == (429, 429, 303)
    assert int(right.headers["Retry-After"]) > 0


@pytest.mark.sqlite
def test_what_was_signed_in_before_goes_on(database):
    app = guarded_app(database)
    inside, guessing = Browser(app), Browser(app)
    inside.sign_in()
    for _ in range(MOST_OF_ONE + 1):
        guessing.sign_in(password="wrong")
    assert inside.who() == "operator"


@pytest.mark.sqlite
def test_a_right_token_between_the_wrong_ones_wins_no_further_tries(client):
    """Else whoever may read could guess for ever at what operates."""
    fail(client, MOST_OF_ONE - 1)
    assert fail(client, 1, token=READ_TOKEN) == [200]
    assert fail(client, 2) == [401, 429]


@pytest.mark.sqlite
def test_others_are_not_held_up(client):
    fail(client, MOST_OF_ONE + 1)
    assert fail(client, 1, "192.0.2.2", TOKEN) == [200]


@pytest.mark.sqlite
def test_tokens_that_are_wrong_keep_nobody_from_signing_in(database):
    browser = Browser(guarded_app(database))
    fail(browser.client, MOST_OF_ONE + 1, "127.0.0.1")
    assert browser.sign_in().status_code == 303


@pytest.mark.sqlite
def test_nothing_given_is_no_failure(client):
    for _ in range(MOST_OF_ONE + 1):
        assert client.get("/api/thing").status_code == 401
    assert client.get("/api/thing", headers=bearer()).status_code == 200


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 401),
        ("::ffff:192.0.2.1", "192.0.2.1", 429),
        ("192.0.2.1", "192.0.2.2", 401),
        ("unix:", "no-address", 429),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(client, one, other, status):
    fail(client, MOST_OF_ONE, one)
    assert fail(client, 1, other) == [status]


@pytest.mark.sqlite
def test_a_client_that_names_another_address_itself_is_the_same_one(client):
    for number in range(MOST_OF_ONE):
        client.get("/api/thing", headers=bearer("wrong-token") | {"X-Forwarded-For": f"198.51.100.{number}"})
    assert client.get("/api/thing", headers=bearer()).status_code == 429


@pytest.mark.sqlite
def test_behind_a_proxy_the_address_is_what_the_last_trusted_one_saw(database):
    client = guarded_app(database, ACCESS, 1).test_client()
    for number in range(MOST_OF_ONE):
        client.get("/api/thing", headers=bearer("wrong-token") | {"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.1"})
    given = {"X-Forwarded-For": "203.0.113.1, 192.0.2.1"}
    assert client.get("/api/thing", headers=bearer() | given).status_code == 429
    assert client.get("/api/thing", headers=bearer() | {"X-Forwarded-For": "192.0.2.2"}).status_code == 200


def test_after_its_time_a_row_of_failures_is_forgotten(database):
    throttle = Throttle(database, b"key")
    for _ in range(MOST_OF_ONE):
        throttle.failed("token", "192.0.2.1")
    with pytest.raises(Throttled):
        throttle.check("token", "192.0.2.1")
    pass_time(database, WINDOW_SECONDS)
    throttle.check("token", "192.0.2.1")
    throttle.failed("token", "192.0.2.1")
    throttle.check("token", "192.0.2.1")


def test_guesses_from_everywhere_stop_at_passwords_and_not_at_tokens(database):
    throttle = Throttle(database, b"key")
    for number in range(MOST_OF_ALL // 8):
        for _ in range(8):
            throttle.failed("password", f"192.0.2.{number}")
    with pytest.raises(Throttled):
        throttle.check("password", "198.51.100.1")
    throttle.check("token", "198.51.100.1")


def test_strangers_with_many_addresses_cannot_make_the_inbox_write_for_ever(database):
    throttle = Throttle(database, b"key")
    for number in range(MOST_OF_ALL + 20):
        throttle.failed("token", f"2001:db8:0:{number:x}::1")
    assert len(database.rows(tables.failure.select())) == MOST_OF_ALL + 1
    throttle.check("token", "2001:db8:0:ffff::1")


def test_failures_are_counted_over_all_processes(database):
    one, other = Throttle(database, b"key"), Throttle(database, b"key")
    threads = [Thread(target=throttle.failed, args=("password", "192.0.2.1")) for throttle in [one, other] * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(Throttled):
        one.check("password", "192.0.2.1")


def test_no_address_is_kept(database):
    Throttle(database, b"key").failed("password", "192.0.2.1")
    with database.read() as connection:
        names = list(connection.scalars(tables.failure.select()))
    assert len(names) == 2
    assert not any("192" in name for name in names)


def test_what_counts_no_more_leaves(database):
    Throttle(database, b"key").failed("token", "192.0.2.1")
    purge_guards(database)
    assert len(database.rows(tables.failure.select())) == 2
    pass_time(database, WINDOW_SECONDS)
    purge_guards(database)
    assert database.rows(tables.failure.select()) == []

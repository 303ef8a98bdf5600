"""Several notifications in one request: kept in one commit, answered one by one, counted one by one."""

import json

import orjson
import pytest
from doors import TOKEN, Doors, refused
from structlog.testing import capture_logs

from handlers.errors import InvalidNotification, Refusal
from handlers.platform import Ignored
from handlers.platforms.generic import read as read_generic


def unpack(headers, raw):
    """The objects of a list."""
    try:
        return orjson.loads(raw)
    except ValueError as error:
        raise Refusal(400, "not_json", "No list.") from error


def read(body, headers, source):
    """As `generic`, but it knows what to ignore."""
    return Ignored("other") if body.get("about") == "orders" else read_generic(body, headers, source)


def notification(number=1, **more):
    return {"id": f"ev-{number}", "notificationId": f"d-{number}", "eventName": "Summit"} | more


WRONG = {"id": "ev-9", "startDateTime": "soon"}
ORDER = {"about": "orders"}


@pytest.fixture
def doors():
    return Doors(unpack=unpack, read=read)


@pytest.fixture
def strangers():
    """A platform whose sender would switch the webhook off if it were told of what makes no sense."""
    return Doors(unpack=unpack, read=read, own_sender=False)


def test_one_of_an_unpacked_request_is_answered_as_ever_and_its_own_json_is_kept(doors):
    answer = doors.post(b'[ {"id": "ev-1"} ]')
    assert (answer.status_code, answer.json) == (202, {"notification": "1", "status": "accepted"})
    assert doors.inbox.kept[0].body == b'{"id":"ev-1"}'
    assert doors.count("accepted") == 1


def test_several_are_kept_in_one_commit_each_with_its_own_body_in_order(doors):
    answer = doors.post([notification(1), notification(2), notification(3)])
    one = {"status": "accepted"}
    assert answer.status_code == 202
    assert answer.json == {
        "notifications": [{"notification": number, **one} for number in "123"],
        "status": "accepted",
    }
    assert doors.inbox.commits == 1
    assert [json.loads(kept.body) for kept in doors.inbox.kept] == [notification(n) for n in (1, 2, 3)]


def test_each_of_several_has_its_own_status(doors):
    doors.post([notification(1)])
    answer = doors.post([ORDER, notification(1), notification(2), notification(2)])
    assert answer.status_code == 202
    assert answer.json["notifications"] == [
        {"notification": None, "status": "ignored"},
        {"notification": "1", "status": "duplicate"},
        {"notification": "2", "status": "accepted"},
        {"notification": "2", "status": "duplicate"},
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([notification(1), ORDER], "duplicate"),
        ([notification(1), notification(1)], "duplicate"),
        ([ORDER] * 2, "ignored"),
    ],
)
def test_where_none_is_accepted_the_answer_is_200(doors, body, status):
    doors.post([notification(1)])
    answer = doors.post(body)
    assert (answer.status_code, answer.json["status"]) == (200, status)
    assert len(doors.inbox.kept) == 1


def test_none_at_all_is_ignored_and_keeps_nothing(doors):
    answer = doors.post([])
    assert (answer.status_code, answer.json) == (200, {"notifications": [], "status": "ignored"})
    assert (doors.inbox.commits, doors.count("ignored")) == (0, 1)


def test_wrong_ones_among_several_are_named_by_their_place_and_all_are_kept_in_one_commit(doors):
    answer = doors.post([notification(1), WRONG, ORDER, {}])
    assert refused(answer) == (422, "invalid_notification")
    assert answer.json["errors"].keys() == {"1", "3"}
    assert answer.json["errors"]["1"].keys() == {"startDateTime"}
    assert "2 of 4" in answer.json["detail"]
    assert "stored" in answer.json["detail"]
    assert doors.inbox.commits == 1
    assert [kept.errors is not None for kept in doors.inbox.kept] == [False, True, True]


def test_nothing_but_wrong_ones_are_kept_as_dead(doors):
    answer = doors.post([WRONG, WRONG])
    assert refused(answer) == (422, "invalid_notification")
    assert "stored" not in answer.json["detail"]
    assert len(doors.inbox.kept) == 2


def test_errors_of_a_list_may_go_by_number():
    def read_list(body, headers, source):
        raise InvalidNotification({"dates": {0: ["Is no time."], 2: ["Is no time."]}})

    answer = Doors(unpack=unpack, read=read_list).post([{}, {}])
    assert refused(answer) == (422, "invalid_notification")
    assert answer.json["errors"]["0"] == {"dates": {"0": ["Is no time."], "2": ["Is no time."]}}


def test_one_wrong_one_alone_is_refused_without_a_place(doors):
    answer = doors.post([WRONG])
    assert refused(answer) == (422, "invalid_notification")
    assert answer.json["errors"].keys() == {"startDateTime"}


def test_after_a_refusal_the_mended_request_is_judged_afresh(doors):
    doors.post([notification(1), notification(2, startDateTime="soon")])
    answer = doors.post([notification(1), notification(2)])
    assert [one["status"] for one in answer.json["notifications"]] == ["duplicate", "accepted"]


def test_a_sender_that_would_switch_the_webhook_off_is_told_nothing_of_wrong_ones(strangers):
    answer = strangers.post([notification(1), WRONG])
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert strangers.inbox.kept[1].errors.keys() == {"startDateTime"}
    assert strangers.count("accepted") == 2


def test_nothing_but_wrong_ones_of_such_a_sender_are_accepted_too(strangers):
    assert strangers.post([WRONG, WRONG]).status_code == 202


def test_a_thousand_may_come_and_one_more_may_not(doors):
    assert doors.post([{"id": f"ev-{number}"} for number in range(1000)]).status_code == 202
    before = len(doors.inbox.kept)
    answer = doors.post([{"id": f"ev-{number}"} for number in range(1001)])
    assert refused(answer) == (413, "too_large")
    assert "1001" in answer.json["detail"]
    assert "1000" in answer.json["detail"]
    assert len(doors.inbox.kept) == before


def test_an_inbox_that_cannot_store_keeps_none(doors):
    doors.inbox.broken = True
    answer = doors.post([notification(1), notification(2)])
    assert refused(answer) == (503, "inbox_unavailable")
    assert "Retry-After" in answer.headers


def test_what_can_be_read_but_not_written_is_refused_as_a_whole(doors):
    deep = b"[" * 300 + b"]" * 300
    answer = doors.post(b'[{"id": "ev-1"}, {"id": "ev-2", "x": ' + deep + b"}]")
    assert refused(answer) == (400, "not_json")
    assert doors.inbox.kept == []


def test_what_cannot_be_unpacked_is_refused(doors):
    assert refused(doors.post(b"{")) == (400, "not_json")


def test_nothing_is_unpacked_before_its_origin_is_proven(doors):
    assert refused(doors.post(b"{", headers={})) == (401, "missing_signature")
    assert refused(doors.post([notification()] * 2, headers={"Authorization": "Bearer wrong"})) == (
        401,
        "bad_signature",
    )
    assert doors.inbox.kept == []


def test_a_delivery_id_that_cannot_be_kept_makes_its_own_notification_invalid_only(doors):
    answer = doors.post([notification(1), notification(2)], headers=TOKEN | {"X-Delivery-Id": "x" * 256})
    assert answer.json["errors"].keys() == {"0", "1"}


def test_each_counts_by_its_status_and_the_request_once(doors):
    doors.post([notification(1), notification(1), ORDER, WRONG, WRONG])
    counts = {status: doors.count(status) for status in ("accepted", "duplicate", "ignored", "invalid_notification")}
    assert counts == {"accepted": 1, "duplicate": 1, "ignored": 1, "invalid_notification": 2}
    assert doors.registry.get_sample_value("marquee_ack_seconds_count") == 1
    assert doors.registry.get_sample_value("marquee_settled_total", {"source": "it", "outcome": "dead"}) == 2


def test_the_log_names_the_first_and_how_many(doors):
    with capture_logs() as lines:
        doors.post([ORDER, notification(1), notification(2)])
        doors.post([notification(3)])
        doors.post(notification(4), path="/webhooks/own")
    assert (lines[0]["notification"], lines[0]["notifications"], lines[0]["status"]) == ("1", 3, "accepted")
    assert lines[0]["kept"] == ["1", "2"]
    assert "notifications" not in lines[1]
    assert "notifications" not in lines[2]
    assert (lines[1]["about"], lines[2]["about"]) == ("ev-3", "ev-4")


def test_a_list_is_no_notification_where_the_platform_unpacks_nothing(doors):
    assert refused(doors.post([notification(1)], path="/webhooks/own")) == (400, "not_json")

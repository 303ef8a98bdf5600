"""An operator sees which platform is left alone, why and until when."""

from operator_app import get
from test_api import app

from handlers.inbox.pauses import Pause, set_source_pause

NOON = 1_800_000_000.0


def test_a_platform_that_is_left_alone_stands_with_its_source(database):
    client = app(database)
    assert get(client, "/api/status").json["sources"]["tickets"]["paused"] is None
    set_source_pause(database, "tickets", Pause("platform_refuses_token", NOON, NOON + 300, "Mend it."))
    status = get(client, "/api/status").json
    assert status["sources"]["tickets"]["paused"] == {
        "reason": "platform_refuses_token",
        "detail": "Mend it.",
        "since": "2027-01-15T08:00:00.000+00:00",
        "until": "2027-01-15T08:05:00.000+00:00",
    }
    assert (status["sending"], status["pause"]) == ("on", None)


def test_a_platform_that_is_left_alone_is_a_metric(database):
    set_source_pause(database, "tickets", Pause("platform_throttles", NOON, NOON + 300))
    text = app(database).get("/metrics").text
    assert 'marquee_source_paused{reason="platform_throttles",source="tickets"} 1.0' in text
    assert "marquee_sending_paused{" not in text

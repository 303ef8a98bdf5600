"""Load on the door from several connections, and which notifications it took."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

SECRET = "a-secret-of-the-load"
SOURCES = f"""
[sources.load]
platform = "generic"
signature = "token"
secrets = ["{SECRET}"]
account_id = "acme"
"""
HEADERS = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}


def notifications(count, events):
    """`count` notifications about `events` events; each event's versions count up."""
    for number in range(count):
        event, version = number % events, number // events + 1
        yield {"id": f"ev-{event}", "version": version, "eventName": f"Event {event}, version {version}"}


def final_names(count, events):
    return {f"ev-{n['id'][3:]}": n["eventName"] for n in notifications(count, events)}


def marketing_events(events):
    return [
        {"externalEventId": f"ev-{n}", "externalAccountId": "acme", "eventName": "before", "eventOrganizer": "Acme"}
        for n in range(events)
    ]


def post_all(port, bodies, connections=8):
    """Post every body, again and again until it is taken; returns the notification ids that were answered 202."""
    lanes = [bodies[lane::connections] for lane in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        return [number for lane in pool.map(lambda lane: list(_post_lane(port, lane)), lanes) for number in lane]


def _post_lane(port, bodies):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for body in bodies:
            content = json.dumps(body)
            while (taken := _try(connection, content)) is None:
                connection.close()
                time.sleep(0.2)
            yield taken


def _try(connection, content):
    try:
        connection.request("POST", "/webhooks/load", content, HEADERS)
        reply = connection.getresponse()
        answer = json.loads(reply.read())
    except (OSError, http.client.HTTPException):
        return None
    return answer["notification"] if reply.status == 202 else None

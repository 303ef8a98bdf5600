"""The endpoints about one marketing event, and those that look for some."""

from flask import Blueprint, Response, jsonify

from deploy.sandbox import shapes
from deploy.sandbox.answers import exists, invalid, unknown_event
from deploy.sandbox.reading import body, required, whole_number
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.store import Event
from deploy.sandbox.validation import check_change, creation

LAST = 10**19 - 1


def add_searches(events: Blueprint, sandbox: Sandbox) -> None:
    """Serve those that look for some."""

    @events.get("/events/search", endpoint="events/search")
    def search() -> Response:
        """This app's own, at once."""
        return jsonify(results=[shapes.found(event) for event in sandbox.store.find(required("q"))])

    @events.get("/<path:external_id>/identifiers", endpoint="identifiers")
    def identifiers(external_id: str) -> Response:
        """Those of all apps, some time after they were made."""
        seen = sandbox.clock() - sandbox.settings.identifiers_lag
        found = [event for event in sandbox.store.find(external_id, own=False) if event.created <= seen]
        return jsonify(total=len(found), results=[shapes.identified(event) for event in found])

    @events.get("", endpoint="list")
    @events.get("/", endpoint="list")
    def listing() -> Response:
        """All, by objectId, a page at a time."""
        limit, after = whole_number("limit", 10, 1, 100), whole_number("after", 0, 0, LAST)
        later = [event for event in sandbox.store.all() if int(event.object_id) > after]
        more = {"paging": {"next": {"after": later[limit - 1].object_id}}} if len(later) > limit else {}
        return jsonify(results=[shapes.read(event) for event in later[:limit]], **more)


def add_reads(events: Blueprint, sandbox: Sandbox) -> None:
    """Serve those that show one."""

    @events.get("/<object_id>", endpoint="get")
    def get(object_id: str) -> Response:
        """Any app's."""
        event = sandbox.store.get(object_id)
        if event is None:
            raise unknown_event()
        return jsonify(shapes.read(event))

    @events.get("/events/<path:external_id>", endpoint="events/get")
    def get_external(external_id: str) -> Response:
        """This app's own; both of its ids are needed."""
        return jsonify(shapes.read_external(_own(sandbox, external_id, required("externalAccountId"))))


def add_writes(events: Blueprint, sandbox: Sandbox) -> None:
    """Serve those that make, change or delete one."""

    @events.delete("/<object_id>", endpoint="delete")
    def delete(object_id: str) -> Response:
        """Any app's."""
        if not sandbox.store.remove(object_id):
            raise unknown_event()
        return Response(status=204)

    @events.post("/events", endpoint="events/create")
    def create() -> Response:
        """A new one."""
        entry = creation(body())
        with sandbox.store.lock:
            if sandbox.store.find(entry["externalEventId"], entry["externalAccountId"]):
                raise exists("A marketing event with this externalAccountId and externalEventId exists already.")
            return jsonify(shapes.put(sandbox.store.add(entry)))

    @events.put("/events/<path:external_id>", endpoint="events/put")
    def put(external_id: str) -> Response:
        """Updates it, or makes it without a word."""
        given = body()
        entry = creation({"externalEventId": external_id, **given} if isinstance(given, dict) else given)
        if entry["externalEventId"] != external_id:
            raise invalid("externalEventId is not the one of the path", "externalEventId")
        with sandbox.store.lock:
            check_change(entry, sandbox.store)
            return jsonify(shapes.put(sandbox.store.put(entry)))


def _own(sandbox: Sandbox, external_id: str, account_id: str) -> Event:
    found = sandbox.store.find(external_id, account_id)
    if not found:
        raise unknown_event()
    return found[0]

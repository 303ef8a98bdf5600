"""The endpoints that take many marketing events at once."""

from flask import Blueprint, Response, g, jsonify

from deploy.sandbox import shapes, validation
from deploy.sandbox.faults import Fault
from deploy.sandbox.reading import body
from deploy.sandbox.sandbox import Sandbox


def add_batches(events: Blueprint, sandbox: Sandbox) -> None:
    """Serve them."""

    @events.post("/batch/update", endpoint="batch/update")
    def update() -> Response:
        """200, or 207 where some objectIds are unknown."""
        store = sandbox.store
        with store.lock:
            inputs = validation.updates(body(), store, sandbox.settings.max_inputs)
            ids = [entry["objectId"] for entry in inputs]
            errors, failed = _failures(ids)
            unknown = [each for each in ids if each not in failed and store.get(each) is None]
            done = [each for each in inputs if each["objectId"] not in failed.union(unknown)]
            results = [shapes.updated(store.update(entry["objectId"], entry)) for entry in done]
        if unknown:
            errors.append(shapes.failed(unknown))
        return _answer(shapes.batch(sandbox.clock(), results, errors), 207 if errors else 200)

    @events.post("/batch/archive", endpoint="batch/archive")
    def archive() -> Response:
        """204, or 207 where some objectIds are unknown."""
        ids = validation.archivals(body(), sandbox.settings.max_inputs)
        unknown = [each for each in ids if not sandbox.store.remove(each)]
        if not unknown:
            return Response(status=204)
        return _answer(shapes.batch(sandbox.clock(), [], [shapes.failed(unknown)]), 207)

    @events.post("/events/upsert", endpoint="events/upsert")
    def upsert() -> Response:
        """Updates this app's own events, and makes those that are not there without a word."""
        entries = validation.creations(body(), sandbox.settings.max_inputs)
        with sandbox.store.lock:
            for entry in entries:
                validation.check_change(entry, sandbox.store)
            results = [shapes.put(sandbox.store.put(entry)) for entry in entries]
        return _answer(shapes.batch(sandbox.clock(), results), 200)


def _failures(ids: list[str]) -> tuple[list[dict[str, object]], set[str]]:
    """What the faults of the kind `partial` make of a batch: its errors, and the inputs that fail."""
    partial: list[Fault] = [fault for fault in g.met if fault["kind"] == "partial"]
    errors, failed = [], set()
    for fault in partial:
        hit = [each for each in ids if not fault["object_ids"] or each in fault["object_ids"]]
        errors.append(shapes.failed(hit, fault["ids"]))
        failed.update(hit)
    return errors, failed


def _answer(shown: dict[str, object], status: int) -> Response:
    answer = jsonify(shown)
    answer.status_code = status
    return answer

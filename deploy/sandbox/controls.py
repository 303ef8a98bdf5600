"""The sandbox's own controls, below `/sandbox/`: JSON in, JSON out."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from deploy.sandbox.calls import MOST
from deploy.sandbox.reading import body, whole_number
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.settings import Mistake


def controls_of(sandbox: Sandbox) -> Blueprint:
    """Seeding, looking, switching. A wrong call is answered with 400 and what is wrong."""
    controls = Blueprint("controls", __name__, url_prefix="/sandbox")
    _add_events(controls, sandbox)
    _add_faults(controls, sandbox)

    @controls.get("/calls")
    def calls() -> Response:
        most = whole_number("limit", MOST, 0, MOST)
        return jsonify(counts=sandbox.calls.counts(), last=sandbox.calls.last(most))

    @controls.get("/settings")
    def settings() -> Response:
        return jsonify(sandbox.configure({}))

    @controls.post("/settings")
    def configure() -> Response:
        return jsonify(sandbox.configure(body()))

    @controls.post("/reset")
    def reset() -> Response:
        sandbox.reset()
        return jsonify(status="as it started")

    @controls.errorhandler(Mistake)
    def explain(error: Mistake) -> Any:
        return jsonify(error=str(error)), 400

    return controls


def _add_events(controls: Blueprint, sandbox: Sandbox) -> None:
    @controls.get("/events")
    def held() -> Response:
        return jsonify(sandbox.events())

    @controls.post("/events")
    def seed() -> Response:
        return jsonify(sandbox.seed(body()))


def _add_faults(controls: Blueprint, sandbox: Sandbox) -> None:
    @controls.get("/faults")
    def active() -> Response:
        return jsonify(sandbox.faults.active())

    @controls.post("/faults")
    def fail() -> Response:
        return jsonify(sandbox.fault(body()))

    @controls.delete("/faults")
    def mend() -> Response:
        sandbox.faults.clear(request.args.get("kind"))
        return jsonify(sandbox.faults.active())

"""The measure: a Flask view that checks the same HMAC and answers 202, and does nothing else."""

import hashlib
import hmac

from flask import Flask, jsonify, request

SECRET = b"a-secret-of-the-benchmark"


def create_app():
    app = Flask(__name__)

    @app.get("/livez")
    def livez():
        return jsonify(status="alive")

    @app.post("/webhooks/bench")
    def receive():
        signature = hmac.new(SECRET, request.get_data(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, request.headers.get("X-Signature", "")):
            return jsonify(status="refused"), 401
        return jsonify(status="accepted"), 202

    return app

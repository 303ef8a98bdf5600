"""An app whose answer comes in parts, each a while after the one before; it tells how many it made when asked for `/made`."""

import time

from flask import Flask, Response, stream_with_context

PARTS = 200


def create_app():
    app, made = Flask("dripping"), []

    def parts():
        for number in range(PARTS):
            made.append(number)
            yield f"part {number}\n"
            time.sleep(0.05)

    @app.get("/")
    def answer():
        made.clear()
        return Response(stream_with_context(parts()))

    @app.get("/made")
    def tell():
        return str(len(made))

    return app

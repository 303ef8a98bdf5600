"""A small app behind the real guards, and clients that come as a browser or a script would."""

import re

from flask import Blueprint, Flask, request
from jinja2 import DictLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from handlers.operating import headers, signing
from handlers.operating.auth import Auth, current_operator
from handlers.receiving import refusals
from schemas.access import Access, Key

TOKEN, READ_TOKEN = "operators-token-of-tests", "readers-token-of-tests"
PASSWORD, READ_PASSWORD = "a-password-of-tests", "another-password"
ACCESS = Access(
    (Key("operator", "operate", TOKEN), Key("grafana", "read", READ_TOKEN)),
    (Key("operator", "operate", PASSWORD), Key("viewer", "read", READ_PASSWORD)),
)
SSO = Access(identity_header="X-Forwarded-User", identity_role="operate")
FORM = "{% if fault %}<p>{{ fault }}</p>{% endif %}{{ following }}<input name=csrf_token value='{{ csrf_token() }}'>"
FIELD = re.compile(r"csrf_token value='([^']+)'")


def guarded_app(database, access=ACCESS, proxies=0, **given):
    """Every guard, and beside the form a page, a thing to change, an API and a door."""
    app = Flask("guarded", static_folder=None)
    app.jinja_loader = DictLoader(
        {"operator/login.html": FORM, "thing.html": "<input name=csrf_token value='{{ csrf_token() }}'>"}
    )
    auth = Auth(database, access, proxies, **given)
    auth.register(app)
    app.register_blueprint(signing.blueprint(auth))
    app.register_blueprint(_things(app))
    headers.register(app)
    refusals.register(app)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    return app


def _things(app):
    things = Blueprint("things", __name__)

    def tell():
        request.get_data()
        operator = current_operator()
        return {"name": operator.name, "role": operator.role, "via": operator.via}

    things.add_url_rule("/operator/", "page", tell)
    things.add_url_rule("/operator/form", "form", lambda: app.jinja_env.get_template("thing.html").render())
    for path in ("/operator/thing", "/api/thing"):
        things.add_url_rule(path, path.replace("/", "_"), tell, methods=["GET", "POST", "PUT", "DELETE"])
    for path in ("/operator/static/style.css", "/docs", "/openapi.json", "/livez"):
        things.add_url_rule(path, path.replace("/", "_").replace(".", "_"), lambda: "for everybody")
    things.add_url_rule("/webhooks/tickets", "door", lambda: "taken", methods=["POST"])
    return things


class Browser:
    """Keeps cookies, and fills in forms."""

    def __init__(self, app, **environ):
        self.client = app.test_client()
        self.client.environ_base.update(environ)
        self.base = "http://localhost"

    def get(self, path, **given):
        return self.client.get(path, base_url=self.base, **given)

    def post(self, path, data=None, **given):
        return self.client.post(path, base_url=self.base, data=data or {}, **given)

    def token(self, path="/operator/login"):
        return FIELD.search(self.get(path).text)[1]

    def sign_in(self, user="operator", password=PASSWORD, following="", **given):
        data = {"user": user, "password": password, "next": following, "csrf_token": self.token()}
        return self.post("/operator/login", data, **given)

    def cookie(self, name="marquee_operator"):
        return self.client.get_cookie(name, path="/operator")

    def who(self):
        answer = self.get("/operator/")
        return answer.json["name"] if answer.status_code == 200 else answer.status_code


def bearer(token=TOKEN):
    return {"Authorization": f"Bearer {token}"}

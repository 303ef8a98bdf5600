"""The endpoints about the account and its tokens."""

from flask import Blueprint, Response, jsonify, request

from deploy.sandbox.answers import Refused
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.shapes import stamp

PORTAL = 1234567
VERSIONS = "any('2026-03', '2026-09'):version"


def account_of(sandbox: Sandbox) -> Blueprint:
    """Those of every version; the root tells which."""
    account = Blueprint("account", __name__)

    @account.get(f"/account-info/<{VERSIONS}>/details", endpoint="account/details")
    def details(version: str) -> Response:
        """Which account it is, and its time zone."""
        name = sandbox.settings.time_zone
        return jsonify(portalId=PORTAL, accountType="DEVELOPER_TEST", timeZone=name, companyCurrency="EUR")

    @account.get(f"/account-info/<{VERSIONS}>/api-usage/daily/private-apps", endpoint="account/usage")
    def usage(version: str) -> Response:
        """How much of the day's limit is used."""
        use = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": sandbox.settings.daily_limit,
            "currentUsage": sandbox.limits.today(),
            "collectedAt": stamp(sandbox.clock()),
            "fetchStatus": "SUCCESS",
            "resetsAt": stamp(sandbox.limits.resets_at()),
        }
        return jsonify(results=[use])

    @account.post(f"/oauth/<{VERSIONS}>/token", endpoint="oauth/token")
    def token(version: str) -> Response:
        """A new access token for a refresh token."""
        if request.mimetype != "application/x-www-form-urlencoded":
            raise Refused(415, {"message": "HTTP 415 Unsupported Media Type"})
        return jsonify(sandbox.tokens.refresh(request.form))

    return account

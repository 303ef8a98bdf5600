"""The endpoints about the account and its tokens."""

from flask import Blueprint, Response, jsonify, request

from deploy.sandbox.answers import Refused
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.shapes import stamp

PORTAL = 1234567
VERSIONS = "any('v3', '2026-03', '2026-09'):version"
OAUTH_VERSIONS = "any('v1', '2026-03', '2026-09'):version"
OLD_MEMBERS = ("access_token", "refresh_token", "expires_in", "token_type")
OWN_PROPERTIES = ("hs_event_name", "hs_start_datetime", "hs_end_datetime")


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

    @account.get("/crm/v3/properties/marketing_event", endpoint="properties")
    @account.get(f"/crm/properties/<{VERSIONS}>/marketing_event", endpoint="properties")
    def properties(version: str = "v3") -> Response:
        """What the account defines for marketing events."""
        names = [*OWN_PROPERTIES, *sandbox.settings.properties]
        return jsonify(results=[{"name": name, "label": name, "type": "string"} for name in names])

    @account.post(f"/oauth/<{OAUTH_VERSIONS}>/token", endpoint="oauth/token")
    def token(version: str) -> Response:
        """A new access token for a refresh token; version 1 tells neither the account nor the scopes."""
        if request.mimetype != "application/x-www-form-urlencoded":
            raise Refused(415, {"message": "HTTP 415 Unsupported Media Type"})
        granted = sandbox.tokens.refresh(request.form)
        return jsonify({name: granted[name] for name in OLD_MEMBERS} if version == "v1" else granted)

    return account

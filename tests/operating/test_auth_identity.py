"""A company's own proxy may say who somebody is: believed only from where it must come from."""

import pytest
from strangers import PASSWORD, SSO, Browser, guarded_app

from schemas.access import Access, Key

pytestmark = pytest.mark.sqlite
ADA = {"X-Forwarded-User": "ada@example.com", "X-Forwarded-For": "192.0.2.1"}


def browser(database, access=SSO, proxies=1):
    return Browser(guarded_app(database, access, proxies))


def test_whom_the_proxy_names_is_let_in_under_that_name(database):
    told = browser(database).get("/operator/", headers=ADA).json
    assert told == {"name": "ada@example.com", "role": "operate", "via": "page"}


def test_the_role_is_the_settings(database):
    reader = browser(database, Access(identity_header="X-Forwarded-User"))
    assert reader.get("/operator/", headers=ADA).json["role"] == "read"
    assert reader.post("/operator/thing", headers=ADA).status_code == 403


@pytest.mark.parametrize("access", [SSO, Access(identity_header="X-Forwarded-User", identity_role="read")])
def test_without_a_trusted_proxy_the_header_says_nothing(database, access):
    assert browser(database, access, 0).get("/operator/", headers=ADA).status_code == 401


def test_what_came_around_the_proxies_is_not_believed(database):
    assert browser(database).get("/operator/", headers={"X-Forwarded-User": "ada"}).status_code == 401
    both = browser(database, SSO, 2)
    assert both.get("/operator/", headers=ADA).status_code == 401
    assert both.get("/operator/", headers=ADA | {"X-Forwarded-For": " , 192.0.2.1"}).status_code == 401
    assert both.get("/operator/", headers=ADA | {"X-Forwarded-For": "192.0.2.1, 10.0.0.1"}).status_code == 200


@pytest.mark.parametrize("name", ["X-User", "X-Forwarded-Email", "Remote-User", "X-Forwarded-User-Name"])
def test_another_header_says_nothing(database, name):
    headers = {name: "ada", "X-Forwarded-For": "192.0.2.1"}
    assert browser(database).get("/operator/", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "name", ["evil,ada", "evil, ada", "", " ", "<script>", "a\x7f", "a" * 129, "ada;role=operate", "-ada", 'a"b', "ä"]
)
def test_what_is_not_one_name_lets_nobody_in(database, name):
    headers = ADA | {"X-Forwarded-User": name.encode().decode("latin-1")}
    assert browser(database).get("/operator/", headers=headers).status_code == 401


def test_a_header_that_a_client_sent_beside_the_proxys_lets_nobody_in(database):
    """Servers join the two by a comma: RFC 9110, 5.3."""
    sent = [("X-Forwarded-User", "evil"), ("X-Forwarded-User", "ada"), ("X-Forwarded-For", "192.0.2.1")]
    assert browser(database).get("/operator/", headers=sent).status_code == 401


def test_without_the_header_in_the_settings_nobody_is_believed(database):
    plain = browser(database, Access((), (Key("operator", "operate", PASSWORD),)))
    assert plain.get("/operator/", headers=ADA).status_code == 303


def test_a_form_needs_its_token_here_too(database):
    there = browser(database)
    assert there.post("/operator/thing", headers=ADA).status_code == 400
    there.client.environ_base.update(HTTP_X_FORWARDED_USER="ada", HTTP_X_FORWARDED_FOR="192.0.2.1")
    assert there.post("/operator/thing", {"csrf_token": there.token("/operator/form")}).status_code == 200


def test_nobody_signs_in_where_the_proxy_does_that(database):
    there = browser(database)
    assert there.get("/operator/login").status_code == 404
    assert there.get("/operator/none", headers=ADA).status_code == 404


def test_with_a_password_besides_whoever_comes_without_a_name_may_sign_in(database):
    both = Access((), (Key("operator", "operate", PASSWORD),), "X-Forwarded-User", "read")
    there = browser(database, both)
    assert there.sign_in().status_code == 303
    assert there.who() == "operator"
    assert there.get("/operator/", headers=ADA).json["name"] == "ada@example.com"


def test_a_proxys_user_who_signs_out_ends_no_session_of_others(database):
    there = browser(database)
    there.client.environ_base.update(HTTP_X_FORWARDED_USER="ada", HTTP_X_FORWARDED_FOR="192.0.2.1")
    answer = there.post("/operator/logout", {"csrf_token": there.token("/operator/form")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operator/")

"""Who may come in: what proves an origin, and everything that does not."""

import hashlib
import hmac
import re
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from handlers.errors import Refusal
from handlers.receiving.verifier import check_path_token, sign, verify
from handlers.signatures import GITHUB, Basic, Hmac, PathToken, StandardWebhooks, Token

NOW = 1_800_000_000.0
BODY = b'{"id": "ev-1"}'
KEY = b"twenty-four bytes or more of key"
STANDARD = "whsec_" + b64encode(KEY).decode()
STAMPED = Hmac(
    "X-Signature", re.compile(r"t=(?P<timestamp>\d+)|v1=(?P<signature>[0-9a-f]+)"), "{timestamp}.{body}", "sha512"
)
SCHEMES = [StandardWebhooks(), GITHUB, STAMPED, Hmac("X-Sig", encoding="base64", algorithm="sha1"), Token(), Basic()]
SECRET = {0: STANDARD}


def check(scheme, secrets, headers, body=BODY, now=NOW):
    verify([scheme], secrets, Headers(headers), body, now, 600)


def reason(call, *arguments, **named):
    with pytest.raises(Refusal) as refused:
        call(*arguments, **named)
    return refused.value.reason


def secret_of(scheme):
    return STANDARD if isinstance(scheme, StandardWebhooks) else "the-secret"


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_what_is_signed_as_wanted_comes_in(scheme):
    check(scheme, [secret_of(scheme)], sign(scheme, secret_of(scheme), BODY, "n-1", NOW).headers)


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_while_rotating_the_older_secret_still_opens(scheme):
    newer = "whsec_" + b64encode(b"another key of many bytes").decode()
    check(scheme, [newer, secret_of(scheme)], sign(scheme, secret_of(scheme), BODY, "n-1", NOW).headers)


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_nothing_that_proves_anything_is_a_missing_signature(scheme):
    assert reason(check, scheme, [secret_of(scheme)], {}) == "missing_signature"


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_another_secret_is_a_bad_signature(scheme):
    other = "whsec_" + b64encode(b"another key of many bytes").decode()
    headers = sign(scheme, other, BODY, "n-1", NOW).headers
    assert reason(check, scheme, [secret_of(scheme)], headers) == "bad_signature"


@pytest.mark.parametrize("scheme", SCHEMES[:4], ids=repr)
def test_one_changed_byte_of_the_body_is_a_bad_signature(scheme):
    headers = sign(scheme, secret_of(scheme), BODY, "n-1", NOW).headers
    assert reason(check, scheme, [secret_of(scheme)], headers, BODY + b" ") == "bad_signature"


@pytest.mark.parametrize("scheme", [StandardWebhooks(), STAMPED], ids=repr)
@pytest.mark.parametrize("seconds", [-601, 601], ids=["too old", "from the future"])
def test_a_time_too_far_off_is_stale_either_way(scheme, seconds):
    headers = sign(scheme, secret_of(scheme), BODY, "n-1", NOW + seconds).headers
    assert reason(check, scheme, [secret_of(scheme)], headers) == "stale_timestamp"


@pytest.mark.parametrize("scheme", [StandardWebhooks(), STAMPED], ids=repr)
def test_a_wrong_signature_is_bad_even_if_it_is_stale_too(scheme):
    other = "whsec_" + b64encode(b"another key of many bytes").decode()
    headers = sign(scheme, other, BODY, "n-1", NOW - 9999).headers
    assert reason(check, scheme, [secret_of(scheme)], headers) == "bad_signature"


def test_githubs_published_vector_holds():
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check(GITHUB, ["It's a Secret to Everybody"], {"X-Hub-Signature-256": signature}, b"Hello, World!")


def standard(signature, stamp="1800000000", number="msg_1", prefix="webhook"):
    return {f"{prefix}-id": number, f"{prefix}-timestamp": stamp, f"{prefix}-signature": signature}


def right(key=KEY, number="msg_1", stamp="1800000000"):
    content = f"{number}.{stamp}.".encode() + BODY
    return "v1," + b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_standard_webhooks_come_under_either_set_of_names(prefix):
    check(StandardWebhooks(), [STANDARD], standard(right(), prefix=prefix))


def test_one_right_signature_among_several_is_enough():
    check(StandardWebhooks(), [STANDARD], standard(f"v1,AAAA v2,xyz {right()}"))


def test_a_secret_without_prefix_is_base64_or_its_own_bytes():
    check(StandardWebhooks(), [b64encode(KEY).decode()], standard(right()))
    check(StandardWebhooks(), ["plain secret"], standard(right(b"plain secret")))


def test_an_ed25519_signature_opens_with_the_public_key():
    private = Ed25519PrivateKey.generate()
    public = "whpk_" + b64encode(private.public_key().public_bytes_raw()).decode()
    signature = "v1a," + b64encode(private.sign(b"msg_1.1800000000." + BODY)).decode()
    check(StandardWebhooks(), [STANDARD, public], standard(signature))


def test_an_ed25519_signature_of_another_key_is_bad():
    public = "whpk_" + b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    signature = "v1a," + b64encode(Ed25519PrivateKey.generate().sign(b"msg_1.1800000000." + BODY)).decode()
    assert reason(check, StandardWebhooks(), [public], standard(signature)) == "bad_signature"


def test_a_public_key_is_no_shared_secret():
    public = b"p" * 32
    headers = standard(right(public))
    assert reason(check, StandardWebhooks(), ["whpk_" + b64encode(public).decode()], headers) == "bad_signature"


@pytest.mark.parametrize(
    "headers",
    [
        standard("v1"),
        standard(""),
        standard("v1,abc"),
        standard("v1,%%%"),
        standard("v1a,abc"),
        standard(right(), stamp=""),
        standard(right(), stamp="soon"),
        standard(right(), stamp="nan"),
        standard(right(), stamp="inf"),
        standard(right(), number=""),
        {"webhook-signature": right()},
        standard("v1,\xff\xfe"),
    ],
    ids=repr,
)
def test_malformed_standard_headers_are_a_bad_signature_and_nothing_worse(headers):
    assert reason(check, StandardWebhooks(), [STANDARD], headers) == "bad_signature"


@pytest.mark.parametrize(
    "value", ["", "sha256", "sha256=", "sha256=xyz", "sha1=" + "0" * 40, "sha256=" + "0" * 63, "\xff"]
)
def test_malformed_hmac_headers_are_a_bad_signature(value):
    assert reason(check, GITHUB, ["the-secret"], {"X-Hub-Signature-256": value}) == "bad_signature"


@pytest.mark.parametrize(
    "value", ["", "Basic", "Basic %%%", "Basic " + b64encode(b"no colon").decode(), "Bearer the-secret"]
)
def test_malformed_basic_credentials_are_a_bad_signature(value):
    assert reason(check, Basic(), ["the-secret"], {"Authorization": value}) == "bad_signature"


def test_a_hex_signature_may_be_in_capitals():
    headers = {"X-Hub-Signature-256": "sha256=" + hmac.new(b"the-secret", BODY, "sha256").hexdigest().upper()}
    check(GITHUB, ["the-secret"], headers)


def test_a_stamped_hmac_without_its_time_is_bad():
    signature = hmac.new(b"the-secret", BODY, "sha512").hexdigest()
    assert reason(check, STAMPED, ["the-secret"], {"X-Signature": f"v1={signature}"}) == "bad_signature"


def test_a_time_in_a_header_of_its_own_counts():
    scheme = Hmac("X-Sig", content="{id}|{timestamp}|{body}", timestamp_header="X-Time")
    headers = sign(scheme, "the-secret", BODY, "n-1", NOW).headers
    check(scheme, ["the-secret"], headers)
    assert reason(check, scheme, ["the-secret"], headers | {"X-Time": "1700000000"}) == "bad_signature"


def test_what_a_sender_wrote_is_never_read_as_a_template():
    scheme = Hmac("X-Sig", content="{id}.{body}")
    body = b"{timestamp} {id} {body}"
    check(scheme, ["the-secret"], sign(scheme, "the-secret", body, "{body}", NOW).headers, body)


def test_a_token_may_stand_alone_or_behind_bearer():
    check(Token("X-Token"), ["the-secret"], {"X-Token": "the-secret"})
    check(Token("X-Token"), ["the-secret"], {"X-Token": "bearer the-secret"})


IN_QUERY = Token("X-Token", query="access_token")


def asked(query, headers=None, secrets=("n\u00e4w+secret/", "the-secret"), scheme=IN_QUERY):
    verify([scheme], secrets, Headers(headers or {}), BODY, NOW, 600, query)


@pytest.mark.parametrize(
    "query",
    [
        b"access_token=the-secret",
        b"access_token=the%2Dsecret",
        b"a=b&access_token=the-secret&c",
        b"broken=%FF&access_token=the-secret",
        b"access_token=wrong&access_token=the-secret",
        b"access_token=n%C3%A4w+secret/",
        b"access_token=n%C3%A4w%2Bsecret%2F",
    ],
)
def test_a_token_may_stand_in_the_query_where_a_plus_is_itself(query):
    asked(query)


def test_of_header_and_query_one_right_one_is_enough():
    asked(b"access_token=the-secret", {"X-Token": "wrong"})
    asked(b"access_token=wrong", {"X-Token": "the-secret"})
    asked(b"access_token=%FF", {"X-Token": "the-secret"})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"", "missing_signature"),
        (b"other=the-secret", "missing_signature"),
        (b"access_tokens=the-secret", "missing_signature"),
        (b"Access_Token=the-secret", "missing_signature"),
        (b"access%5Ftoken=the-secret", "missing_signature"),
        (b";access_token=the-secret", "missing_signature"),
        (b"access_token=the-secret\xff", "missing_signature"),
        (b"access_token=the-secret&x=\xff", "missing_signature"),
        (b"access_token=the-secret%FF", "missing_signature"),
        (b"access_token=%C0%AE", "missing_signature"),
        (b"access_token", "bad_signature"),
        (b"access_token=", "bad_signature"),
        (b"access_token=the-secret=", "bad_signature"),
        (b"access_token=the-secre", "bad_signature"),
        (b"access_token=Bearer%20the-secret", "bad_signature"),
        (b"access_token=n%C3%A4w%20secret/", "bad_signature"),
        (b"access_token=%", "bad_signature"),
    ],
)
def test_what_else_stands_in_a_query_proves_nothing(query, said):
    assert reason(asked, query) == said


def test_a_token_in_the_query_opens_only_where_it_is_asked_for():
    for scheme in (Token("X-Token"), Basic(), GITHUB):
        assert reason(asked, b"access_token=the-secret", scheme=scheme) == "missing_signature"


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda tail: b"access_token=" + tail))
def test_no_query_whatever_opens_or_breaks_anything(query):
    assert reason(asked, query) in ("missing_signature", "bad_signature")


def test_a_sample_header_that_cannot_be_made_up_is_said_so():
    with pytest.raises(ValueError, match="cannot be made up"):
        sign(Hmac("X-Sig", re.compile(r"<(?P<signature>.+)>")), "the-secret", BODY, "n-1", NOW)


EITHER = [Basic(), PathToken()]


def test_the_right_token_in_the_address_proves_the_origin():
    assert check_path_token(EITHER, ["old-secret", "the-secret"], "the-secret")


def test_without_a_token_the_headers_must_prove_it():
    assert not check_path_token(EITHER, ["the-secret"], None)


@pytest.mark.parametrize(
    ("schemes", "token"),
    [
        (EITHER, "wrong"),
        ([PathToken()], None),
        ([PathToken()], "wrong"),
        ([PathToken()], ""),
        ([Basic()], "the-secret"),
    ],
)
def test_a_token_wrong_missing_or_unexpected_is_an_unknown_source(schemes, token):
    assert reason(check_path_token, schemes, ["the-secret"], token) == "unknown_source"


header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60)
names = st.sampled_from(
    ["webhook-id", "webhook-timestamp", "webhook-signature", "X-Signature", "X-Hub-Signature-256", "Authorization"]
)


@given(st.sampled_from(SCHEMES), st.dictionaries(names, header_text), st.binary(max_size=50))
def test_no_stranger_gets_in_or_breaks_anything(scheme, headers, body):
    assert reason(check, scheme, [secret_of(scheme)], headers, body) in ("missing_signature", "bad_signature")

"""What is signed here verifies with the libraries of others, and what they sign verifies here."""

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from glueful_hookspecs import Secret
from glueful_webhooks import (
    KeyUnfit,
    SignatureInvalid,
    SignedMessage,
    StandardWebhooks,
    TimestampedHeader,
    WebhookVerifier,
    new_key_pair,
    new_secret,
    signing_key,
    verify,
    verifying_key,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_700_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type":"user.created","data":{"name":"\xc3\xa9"}}'


def signed(secret: str = SECRET, *, at: int = NOW, body: bytes = BODY, name: str = "msg_1") -> dict[str, str]:
    return StandardWebhooks().headers(SignedMessage(name, at, body), [signing_key(secret)])


def verifier(*keys: str, **options: Any) -> WebhookVerifier:
    return WebhookVerifier(keys or (SECRET,), clock=lambda: NOW, **options)


def test_the_vector_of_the_specification_is_reproduced() -> None:
    headers = StandardWebhooks().headers(
        SignedMessage("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'), [signing_key(SECRET)]
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.webhooks.Webhook])
@given(body=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_other_libraries_accept_what_is_signed_here(library: Callable[..., Any], body: str) -> None:
    key = new_secret()
    headers = StandardWebhooks().headers(SignedMessage("msg_1", int(time.time()), body.encode()), [key])

    options = {"json_parse": False} if library is standardwebhooks.Webhook else {}
    library(key.text).verify(body.encode(), headers, **options)


@given(body=st.text(alphabet=st.characters(exclude_categories=["Cs"])), name=st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z"))
def test_what_other_libraries_sign_is_accepted_here(body: str, name: str) -> None:
    signature = standardwebhooks.Webhook(SECRET).sign(name, datetime.fromtimestamp(NOW, UTC), body)

    headers = {"Webhook-Id": name, "WEBHOOK-TIMESTAMP": str(NOW), "webhook-signature": signature}
    message = verifier().verify(headers, body.encode())

    assert (message.id, message.timestamp, message.body) == (name, NOW, body.encode())


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({}, True),
        ({"webhook-id": "msg_2"}, False),
        ({"webhook-timestamp": str(NOW + 1)}, False),
        ({"webhook-signature": ""}, False),
        ({"webhook-signature": "v2,{good}"}, False),
        ({"webhook-signature": "v1,AAAA"}, False),
        ({"webhook-signature": "v2,AAAA v1,{good}"}, True),
        ({"webhook-signature": "v1,AAAA v1,{good}"}, True),
        ({"webhook-signature": "v1a,{good}"}, False),
    ],
)
def test_the_libraries_and_this_one_agree(
    change: dict[str, str], agrees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    headers = signed(at=now)
    good = headers["webhook-signature"].removeprefix("v1,")
    changed = {
        name: value.replace("{good}", good).replace(str(NOW + 1), str(now + 1)) for name, value in change.items()
    }
    headers |= changed

    def accepts(check: Callable[[], object]) -> bool:
        try:
            check()
        except (SignatureInvalid, standardwebhooks.WebhookVerificationError):
            return False
        return True

    assert accepts(lambda: verify(headers, BODY, SECRET)) is agrees
    assert accepts(lambda: standardwebhooks.Webhook(SECRET).verify(BODY, headers)) is agrees
    assert accepts(lambda: svix.webhooks.Webhook(SECRET).verify(BODY, headers)) is agrees


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "no comma"},
        {"webhook-signature": ","},
        {"webhook-signature": "v1,!!!"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": " ".join(["v1,AAAA"] * 1_000)},
        {"webhook-signature": "v1," + "A" * 1_000_000},
        {"webhook-id": "a" * 1_000_000},
        {"webhook-id": "with space"},
        {"webhook-id": "with.dot"},
        {"webhook-id": "é"},
        {"webhook-id": ""},
        *(
            {"webhook-timestamp": text}
            for text in ["", "NaN", "1.5", "1e9", "-1", "+1", " 1", "9" * 20, "\u0661\u0667", "0x1"]
        ),
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_malformed_headers_are_refused_and_never_break(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verifier().verify(signed() | headers, BODY)

    assert refused.value.status_code == 401


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verifier().verify(signed(), BODY + b" ")


@pytest.mark.parametrize(("offset", "is_accepted"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_the_tolerance_is_exact(offset: int, is_accepted: bool) -> None:
    headers = signed(at=NOW + offset)

    if is_accepted:
        assert verifier().verify(headers, BODY).timestamp == NOW + offset
    else:
        with pytest.raises(SignatureInvalid, match="too old or too new"):
            verifier().verify(headers, BODY)


def test_a_rotation_signs_with_both_keys_and_each_receiver_needs_one() -> None:
    old, new, pair = new_secret(), new_secret(), new_key_pair()
    headers = StandardWebhooks().headers(SignedMessage("msg_1", NOW, BODY), [new, old, pair])

    for key in (old.text, new.text, pair.public.text):
        assert verifier(key).verify(headers, BODY).id == "msg_1"
    with pytest.raises(SignatureInvalid):
        verifier(new_secret().text).verify(headers, BODY)


def test_an_ed25519_signature_verifies_with_cryptography_itself() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    pair = new_key_pair()
    headers = StandardWebhooks().headers(SignedMessage("msg_1", NOW, BODY), [pair])
    version, _, signature = headers["webhook-signature"].partition(",")

    assert version == "v1a"
    raw = base64.b64decode(pair.public.text.removeprefix("whpk_"))
    Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature), b"msg_1.%d.%b" % (NOW, BODY))


def test_the_timestamped_header_is_what_its_receivers_compute_themselves() -> None:
    import hashlib
    import hmac

    scheme = TimestampedHeader()
    old, new = new_secret(), new_secret()
    headers = scheme.headers(SignedMessage("msg_1", NOW, BODY), [new, old])

    expected = [hmac.new(key.text.encode(), b"%d.%b" % (NOW, BODY), hashlib.sha256).hexdigest() for key in (new, old)]
    assert headers["X-Webhook-Signature"] == f"t={NOW},v1={expected[0]},v1={expected[1]}"
    assert verifier(old.text, scheme=scheme).verify(headers, BODY).id == "msg_1"


@pytest.mark.parametrize(
    "text", ["", "t=1", "v1=aa", "t=x,v1=aa", "t=1,t=1700000000,v1=aa", "t=1700000000,v1=é", "t=1700000000,v1", ",,,"]
)
def test_a_malformed_timestamped_header_is_refused(text: str) -> None:
    with pytest.raises(SignatureInvalid):
        verifier(scheme=TimestampedHeader()).verify({"X-Webhook-Signature": text}, BODY)


def test_an_unsigned_id_does_not_hide_a_replay() -> None:
    scheme = TimestampedHeader()
    headers = scheme.headers(SignedMessage("msg_1", NOW, BODY), [signing_key(SECRET)])

    first = verifier(scheme=scheme).verify(headers, BODY)
    again = verifier(scheme=scheme).verify(headers | {"X-Webhook-ID": "msg_2"}, BODY)

    assert first.replay_key == again.replay_key


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", "secret", "whsec_AAAA", "whsec_" + "A" * 100, "whsec_!!!!", "whpk_AAAA", "whsk_AAAA", "whsec_é"],
)
def test_a_key_of_the_wrong_form_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KeyUnfit) as refused:
        verifying_key(text)

    assert len(text) < 9 or text not in str(refused.value)


def test_keys_never_print() -> None:
    secret, pair = new_secret(), new_key_pair()

    assert (repr(secret), repr(pair)) == ("HmacKey('***')", "Ed25519Key('***')")
    assert secret.text not in f"{secret} {WebhookVerifier([Secret(secret.text)])!r}"


def test_a_verifier_without_keys_accepts_nobody() -> None:
    with pytest.raises(KeyUnfit):
        WebhookVerifier([])


def test_signatures_are_compared_in_constant_time() -> None:
    from pathlib import Path

    import glueful_webhooks

    source = Path(glueful_webhooks.__file__).parent
    text = "\n".join((source / name).read_text() for name in ("keys.py", "schemes.py", "inbound.py"))

    assert "signature ==" not in text
    assert "== signature" not in text
    assert text.count("compare_digest") == 2

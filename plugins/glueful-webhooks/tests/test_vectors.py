"""Test vectors of others: Wycheproof (github.com/C2SP/wycheproof dac1dd4) for what signs and verifies, and the tests of
the libraries of Standard Webhooks (github.com/standard-webhooks/standard-webhooks b2fa7b8) for the headers."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from glueful_webhooks import KeyUnfit, SignatureInvalid, WebhookVerifier, signing_key, verifying_key

VECTORS = Path(__file__).parent / "vectors" / "wycheproof.zip"
SECRET, ID = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
PAYLOAD, NOW = b'{"test": 2432232314}', 1_614_265_330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def groups(name: str) -> list[dict[str, Any]]:
    with ZipFile(VECTORS) as archive:
        found: list[dict[str, Any]] = json.loads(archive.read(name))["testGroups"]
    return found


def test_every_hmac_vector_of_wycheproof_is_judged_right() -> None:
    """Keys of other lengths than the standard's are refused, and so are tags that are cut short."""
    judged: Counter[str] = Counter()
    for group in groups("hmac_sha256_test.json"):
        for case in group["tests"]:
            text = "whsec_" + base64.b64encode(bytes.fromhex(case["key"])).decode()
            if not 24 <= len(case["key"]) // 2 <= 64:
                with pytest.raises(KeyUnfit):
                    signing_key(text)
                judged["key refused"] += 1
                continue
            is_whole = group["tagSize"] == 256
            fits = signing_key(text).verify(bytes.fromhex(case["tag"]), bytes.fromhex(case["msg"]))
            assert fits == (is_whole and case["result"] == "valid"), case["tcId"]
            judged["accepted" if fits else "refused"] += 1

    assert judged == {"accepted": 27, "refused": 135, "key refused": 12}


def test_every_ed25519_vector_of_wycheproof_is_judged_right() -> None:
    judged: Counter[str] = Counter()
    for group in groups("ed25519_test.json"):
        key = verifying_key("whpk_" + base64.b64encode(bytes.fromhex(group["publicKey"]["pk"])).decode())
        for case in group["tests"]:
            fits = key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert fits == (case["result"] == "valid"), case["tcId"]
            judged["accepted" if fits else "refused"] += 1

    assert judged == {"accepted": 88, "refused": 63}


@pytest.mark.parametrize(
    ("change", "is_valid"),
    [
        ({}, True),
        ({"webhook-signature": f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr0 {SIGNATURE}"}, True),
        ({"webhook-signature": f"{SIGNATURE} v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="}, True),
        ({"webhook-id": ""}, False),
        ({"webhook-timestamp": ""}, False),
        ({"webhook-timestamp": "hello"}, False),
        ({"webhook-timestamp": str(NOW - 301)}, False),
        ({"webhook-timestamp": str(NOW + 301)}, False),
        ({"webhook-signature": ""}, False),
        ({"webhook-signature": "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="}, False),
        ({"webhook-signature": SIGNATURE.replace("OE=", "OA=")}, False),
        ({"webhook-signature": SIGNATURE[:8]}, False),
        ({"webhook-signature": "v1"}, False),
        ({"webhook-signature": "v1,"}, False),
    ],
)
def test_the_cases_of_the_libraries_of_standard_webhooks(change: dict[str, str], is_valid: bool) -> None:
    headers = {"webhook-id": ID, "webhook-timestamp": str(NOW), "webhook-signature": SIGNATURE} | change
    headers = {name: text for name, text in headers.items() if text}
    verifier = WebhookVerifier([SECRET], clock=lambda: float(NOW))

    if is_valid:
        assert verifier.verify(headers, PAYLOAD).id == ID
        return
    with pytest.raises(SignatureInvalid):
        verifier.verify(headers, PAYLOAD)


def test_a_signature_of_a_message_of_the_libraries_is_reproduced() -> None:
    signature = signing_key(SECRET).sign(f"{ID}.{NOW}.".encode() + PAYLOAD)

    assert "v1," + base64.b64encode(signature).decode() == SIGNATURE

"""Verifies an envelope of ours with somebody else's code, and sees that tampered copies are refused.

Usage: verify_envelope.py ENVELOPE.json PUBLIC_KEY_HEX

The envelope is DSSE JSON as `federal-hub entry POSITION --dsse` prints it; the key is the 32 bytes of the author's
Ed25519 signing key as `federal-hub key --node NODE` prints them. The verifier is `securesystemslib` alone: nothing here
knows how an envelope of ours is made.
"""

import base64
import copy
import hashlib
import json
import pathlib
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def author_key(public_hex: str) -> SSlibKey:
    """The author's key under the id that our envelopes use: SHA-256 of its 32 bytes."""
    keyid = hashlib.sha256(bytes.fromhex(public_hex)).hexdigest()
    return SSlibKey(keyid, "ed25519", "ed25519", {"public": public_hex})


def is_genuine(envelope: dict, key: SSlibKey) -> bool:
    """Whether the one signature of the envelope is the key's."""
    try:
        accepted = Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1)
    except VerificationError:
        return False
    return list(accepted) == [key.keyid]


def flipped(text: str) -> str:
    """The same base64 with one bit of its first byte turned over."""
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(bytes(raw)).decode()


def tampered_copies(envelope: dict):
    """Copies that differ in one thing each, with the name of the thing."""
    payload = copy.deepcopy(envelope)
    payload["payload"] = flipped(envelope["payload"])
    yield "payload", payload
    payload_type = copy.deepcopy(envelope)
    payload_type["payloadType"] = envelope["payloadType"].replace("v1", "v2")
    yield "payloadType", payload_type
    signature = copy.deepcopy(envelope)
    signature["signatures"][0]["sig"] = flipped(envelope["signatures"][0]["sig"])
    yield "signature", signature


def check(envelope: dict, public_hex: str) -> None:
    """Raises AssertionError unless the envelope is genuine and every tampered copy of it is refused."""
    key = author_key(public_hex)
    assert len(envelope["signatures"]) == 1, "an envelope has exactly one signature"
    assert is_genuine(envelope, key), "the genuine envelope was refused"
    for name, copy_ in tampered_copies(envelope):
        assert copy_ != envelope, f"nothing was changed in {name}"
        assert not is_genuine(copy_, key), f"a copy with another {name} was taken for genuine"
    stranger = author_key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert not is_genuine(envelope, stranger), "the envelope was taken for a stranger's"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    envelope = json.loads(pathlib.Path(sys.argv[1]).read_text())
    check(envelope, sys.argv[2].strip())
    print(f"{envelope['payloadType']}: genuine; copies with another payload, payloadType or signature refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())

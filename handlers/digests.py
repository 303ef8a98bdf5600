"""A delivery's fingerprint, for senders that give it no id of its own."""

import hashlib


def digest(*parts: bytes) -> str:
    """SHA-256, in hex, over the parts; each is told apart from the next by its length before it."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()

"""Taking capabilities apart and putting them together anew, byte by byte."""

import base64
from collections.abc import Sequence


def fields(data: bytes) -> list[bytes]:
    """A protobuf message's length-delimited or varint fields, each as it stands, tag and all."""
    found, place = [], 0
    while place < len(data):
        start, tag = place, data[place]
        value, place = _varint(data, place + 1)
        place += value if tag & 7 == 2 else 0
        found.append(data[start:place])
    return found


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, place = data[place], place + 1
        value, shift = value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, place


def unpacked(token: str) -> list[bytes]:
    """The parts of a Biscuit: the issuer's block (tag 2), the later ones (3), the proof (4), the key's number (1)."""
    return fields(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


def packed(parts: Sequence[bytes]) -> str:
    return base64.urlsafe_b64encode(b"".join(parts)).decode()


def without_last_block(token: str) -> str:
    parts = unpacked(token)
    last = max(place for place, part in enumerate(parts) if part[0] >> 3 == 3)
    return packed([part for place, part in enumerate(parts) if place != last])

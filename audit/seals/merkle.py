"""The root over all heads, hashed as RFC 6962 (section 2.1) does: a leaf can never be taken for a node."""

import hashlib
from collections.abc import Iterable, Mapping

from leverframe.digest import canonical
from tools.chain import Head

LEAF, NODE = b"\x00", b"\x01"


def root_of(heads: Mapping[str, Head]) -> str:
    """The tree's root in hex, over the heads by action id in the order of its characters."""
    return tree_root(leaf(action_id, heads[action_id]) for action_id in sorted(heads)).hex()


def leaf(action_id: str, head: Head) -> bytes:
    """The hash of one chain's head."""
    return hashlib.sha256(LEAF + canonical([action_id, head.seq, head.hash])).digest()


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree with these leaf hashes; in memory that grows with its height alone."""
    # The complete trees so far, the larger first; two of one size become one.
    complete: list[tuple[int, bytes]] = []
    for hashed in leaves:
        size = 1
        while complete and complete[-1][0] == size:
            hashed, size = _node(complete.pop()[1], hashed), 2 * size
        complete.append((size, hashed))
    if not complete:
        return hashlib.sha256().digest()
    root = complete.pop()[1]
    while complete:
        root = _node(complete.pop()[1], root)
    return root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()

"""Signed MAVLink: frames that only those who know a key can have made, and only once.

Signing and the check of times are pymavlink's. It notes the time in a frame before it has looked at
the signature, so that one forged frame from the future would lock the true sender out; therefore
signatures are verified here first.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, Final

_TEN_US_SINCE: Final = 1_420_070_400 * 100_000
"""Times in signatures are in tens of µs since 2015."""
_SIGNATURE = 6


@dataclass(frozen=True)
class Signing:
    """How to sign, and what to believe.

    Attributes:
        key: Secret, 32 bytes.
        link_id: Number of the link among those that have the key.
    """

    key: bytes = field(repr=False)
    link_id: int = 0

    def __post_init__(self) -> None:
        """Refuse a key that is none."""
        if len(self.key) != 32:
            raise ValueError(f"a key has 32 bytes, not {len(self.key)}")
        if not 0 <= self.link_id <= 255:
            raise ValueError(f"the link's id is from 0 to 255, not {self.link_id}")

    @classmethod
    def of_passphrase(cls, passphrase: str, link_id: int = 0) -> "Signing":
        """The key that ground stations make of a passphrase."""
        return cls(hashlib.sha256(passphrase.encode()).digest(), link_id)

    def begin(self, codec: Any, unix_ns: int) -> None:
        """Have pymavlink's codec sign whatever it packs, and want it of whatever it decodes.

        Args:
            codec: A ``MAVLink``.
            unix_ns: Now, ns since 1970; a clock that goes wrong makes us a liar to the peer.
        """
        codec.signing.secret_key = self.key
        codec.signing.link_id = self.link_id
        codec.signing.timestamp = unix_ns // 10_000 - _TEN_US_SINCE
        codec.signing.sign_outgoing = True

    def is_authentic(self, frame: bytes) -> bool:
        """Whether a signed frame was signed with the key; how old it is, is not looked at."""
        made = hashlib.sha256(self.key + frame[:-_SIGNATURE]).digest()[:_SIGNATURE]
        return hmac.compare_digest(made, frame[-_SIGNATURE:])

"""A server's word for names under which it may show a certificate of a public CA.

    statement = [1, [name, ...], made, expires]
                signed by the key of the server's CA: ECDSA with SHA-256 over
                "csb1/public-names" || 00 || statement

Names are DNS names in lower case. Times are nanoseconds since 1970. A statement ends soon, so that
who comes by a name that a server gave up cannot show an old one for long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey

from csbackup.errors import Malformed, SignatureInvalid
from csbackup.format.encoding import check_natural, decode_versioned, encode, fields

VERSION = 1
LIFE_NS = 30 * 24 * 3600 * 1_000_000_000
MAX_NAMES = 16
MAX_STATEMENT = 8 * 1024
ALGORITHM = ECDSA(hashes.SHA256())
_DOMAIN = b"csb1/public-names\x00"
_NAME = re.compile(rb"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_WHAT = "The server's statement of its names"


@dataclass(frozen=True, slots=True)
class Statement:
    names: tuple[str, ...]
    made_ns: int
    expires_ns: int

    def encode(self) -> bytes:
        names = [name.encode("ascii") for name in self.names]
        return encode([VERSION, names, self.made_ns, self.expires_ns])

    def vouches_for(self, host: str, now_ns: int) -> bool:
        """Whether a public certificate for `host` is good now."""
        return host.lower() in self.names and now_ns < self.expires_ns


def bytes_to_sign(statement: bytes) -> bytes:
    return _DOMAIN + statement


def read_statement(data: bytes, signature: bytes, key: EllipticCurvePublicKey) -> Statement:
    """`SignatureInvalid` or `Malformed` for whatever the holder of `key` did not say."""
    if len(data) > MAX_STATEMENT:
        raise Malformed(_WHAT, "it is too long")
    try:
        key.verify(signature, bytes_to_sign(data), ALGORITHM)
    except InvalidSignature as problem:
        raise SignatureInvalid(_WHAT) from problem
    row = fields(decode_versioned(data, VERSION, _WHAT), "iaii", _WHAT)
    check_natural(_WHAT, row[2], row[3])
    if len(row[1]) > MAX_NAMES or not all(_is_name(name) for name in row[1]):
        raise Malformed(_WHAT, "it names what is no name")
    return Statement(tuple(name.decode("ascii") for name in row[1]), row[2], row[3])


def _is_name(name: object) -> bool:
    return type(name) is bytes and _NAME.fullmatch(name) is not None

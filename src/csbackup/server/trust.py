"""The server's own CA, its leaf certificate, and the pin by which clients know it again.

`secret/ca.pem` and `secret/leaf.pem` hold key and certificates together, so that each is replaced
as a whole. The CA may only speak for names and addresses of a private network (and for what the
machine was called when the CA was made): trusting it in a browser endangers no other site.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csbackup.errors import ConfigInvalid
from csbackup.format.vouching import ALGORITHM, LIFE_NS, Statement, bytes_to_sign
from csbackup.server.durable import replace_file
from csbackup.server.names import Address, Names, is_dns_name

CA_LIFE = timedelta(days=3652)
LEAF_LIFE = timedelta(days=397)
_EARLIER = timedelta(days=1)  # clients whose clock is a little behind
_PRIVATE_DNS = ("local", "localhost", "home.arpa", "lan", "internal")
_PRIVATE_NETWORKS = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Authority:
    """The CA: its key and certificate, valid for ten years."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def pin(self) -> str:
        """SHA-256 of the CA's public key, in hexadecimal."""
        return _key_hash(self.certificate).hex()

    def vouch(self, names: Iterable[str], now_ns: int) -> tuple[bytes, bytes]:
        """A statement that public certificates for these names are good too, and its signature."""
        statement = Statement(tuple(names), now_ns, now_ns + LIFE_NS).encode()
        return statement, self.key.sign(bytes_to_sign(statement), ALGORITHM)


def make_authority(names: Names, now: datetime) -> Authority:
    key = generate_private_key(SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ClientServerBackup"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Backup server {names.dns[0]} CA"[:64]),
        ]
    )
    builder = _builder(name, name, key.public_key(), now, CA_LIFE)
    usage = _key_usage(signs_certificates=True)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_constraints(names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def _constraints(names: Names) -> x509.NameConstraints:
    dns = dict.fromkeys((*_PRIVATE_DNS, *names.dns))
    networks = [ip_network(network) for network in _PRIVATE_NETWORKS]
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in dns]
    permitted += [x509.IPAddress(network) for network in networks]
    permitted += [
        x509.IPAddress(ip_network(address))
        for address in names.addresses
        if not _lies_in(address, networks)
    ]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def permitted_names(authority: x509.Certificate, names: Names) -> Names:
    """What the CA's constraints allow; one name too many would spoil the whole certificate."""
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    allowed = constraints.permitted_subtrees or []
    domains = [one.value for one in allowed if isinstance(one, x509.DNSName)]
    networks = [one.value for one in allowed if isinstance(one, x509.IPAddress)]
    return Names(
        tuple(name for name in names.dns if _below(name, domains)),
        tuple(one for one in names.addresses if _lies_in(one, networks)),
    )


def _below(name: str, domains: Iterable[str]) -> bool:
    return is_dns_name(name) and any(
        name == domain or name.endswith(f".{domain}") for domain in domains
    )


def _lies_in(address: Address, networks: Iterable[object]) -> bool:
    return any(
        isinstance(network, Network) and address.version == network.version and address in network
        for network in networks
    )


def make_leaf(
    authority: Authority, names: Names, now: datetime
) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """A key and a certificate for the permitted names, valid for 397 days at most."""
    key = generate_private_key(SECP256R1())
    permitted = permitted_names(authority.certificate, names)
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in permitted.dns]
    alternatives += [x509.IPAddress(address) for address in permitted.addresses]
    left = authority.certificate.not_valid_after_utc - now
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ClientServerBackup server")])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = _builder(
        subject,
        authority.certificate.subject,
        key.public_key(),
        now,
        min(LEAF_LIFE - _EARLIER, left),
    )
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return key, certificate


def leaf_is_due(leaf: x509.Certificate, names: Names, now: datetime) -> bool:
    """Under a third of its life is left, or the machine is reached under a name it lacks."""
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    if leaf.not_valid_after_utc - now < life / 3 or now < leaf.not_valid_before_utc:
        return True
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {*named.get_values_for_type(x509.DNSName), *named.get_values_for_type(x509.IPAddress)}
    return not known.issuperset({*names.dns, *names.addresses})


class Identity:
    """Who this server is to its clients; the leaf renews itself, the pin stays."""

    def __init__(self, secret: Path, find_names: Callable[[], Names]) -> None:
        self._leaf_path = secret / "leaf.pem"
        self._find_names = find_names
        self.authority = _open_authority(secret / "ca.pem", find_names)
        self.leaf_pin = ""
        self._context = _server_context()

    @property
    def context(self) -> ssl.SSLContext:
        return self._context

    def renew(self, now: datetime) -> bool:
        """Make a new leaf if one is due, and serve it from the next handshake on."""
        names = permitted_names(self.authority.certificate, self._find_names())
        leaf = _read_leaf(self._leaf_path, self.authority)
        renewed = leaf is None or leaf_is_due(leaf, names, now)
        if leaf is None or renewed:
            key, leaf = make_leaf(self.authority, names, now)
            chain = leaf.public_bytes(Encoding.PEM) + self.authority.pem
            replace_file(self._leaf_path, _key_pem(key) + chain)
        if renewed or not self.leaf_pin:
            self._context.load_cert_chain(self._leaf_path)
            self.leaf_pin = base64.b64encode(_key_hash(leaf)).decode()
        return renewed


def read_authority(path: Path) -> Authority:
    """The CA that is there; `ConfigInvalid` when it is not, or not readable."""
    try:
        content = path.read_bytes()
        key = load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except (OSError, ValueError) as problem:
        raise ConfigInvalid(f"The server's identity {path} cannot be read: {problem}.") from None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ConfigInvalid(f"The server's identity {path} has a key of an unknown kind.")
    return Authority(key, certificate)


def _open_authority(path: Path, find_names: Callable[[], Names]) -> Authority:
    if not path.exists():
        made = make_authority(find_names(), datetime.now(UTC))
        replace_file(path, _key_pem(made.key) + made.pem)
    return read_authority(path)


def _read_leaf(path: Path, authority: Authority) -> x509.Certificate | None:
    """The leaf that is there and comes from this CA, else nothing: it can be made again."""
    with suppress(OSError, ValueError):
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
        if leaf.issuer == authority.certificate.subject and _signed_by(leaf, authority):
            return leaf
    return None


def _signed_by(leaf: x509.Certificate, authority: Authority) -> bool:
    try:
        leaf.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_hash(certificate: x509.Certificate) -> bytes:
    public = certificate.public_key()
    return hashlib.sha256(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).digest()


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

"""TLS, users and access rights of a test broker: a SASL_SSL listener with SCRAM and ACLs."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foretide.deploy.broker.errors import BrokerStartError

SUPERUSER = "admin"


@dataclass(frozen=True, slots=True)
class BrokerSecurity:
    """A secure listener beside the plain one. `users` are names and SCRAM passwords; `admin` is the superuser."""

    users: Mapping[str, str] = field(default_factory=lambda: {SUPERUSER: "admin-secret"})


@dataclass(frozen=True, slots=True)
class Certificates:
    """The PEM files made for one broker: the authority's certificate, and the server's key and chain."""

    authority: Path
    server: Path


def make_certificates(folder: Path) -> Certificates:
    """A new authority and a server certificate for 127.0.0.1, valid for a day."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID
    except ImportError as e:
        raise BrokerStartError("a secure test broker needs `cryptography`: pip install 'foretide[dev]'") from e

    now = datetime.datetime.now(datetime.UTC)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Foretide test authority")])
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])

    def builder(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    ski = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        builder(authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(ski, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    addresses = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    )
    server = (
        builder(server_name, server_key.public_key())
        .add_extension(addresses, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = Certificates(authority=folder / "ca.pem", server=folder / "server.pem")
    files.authority.write_bytes(authority.public_bytes(pem))
    files.server.touch(mode=0o600)
    files.server.write_bytes(key + server.public_bytes(pem) + authority.public_bytes(pem))
    return files

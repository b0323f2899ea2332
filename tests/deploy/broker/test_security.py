"""The certificates of a test broker are ones that a client accepts, for this host only."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from foretide.deploy.broker.security import make_certificates


def handshake(server_pem: Path, authority: Path, host: str) -> None:
    """A whole TLS handshake in memory; ssl.SSLError if the client does not accept the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=authority)
    server_side.load_cert_chain(server_pem)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    client = client_side.wrap_bio(to_client, to_server, server_hostname=host)
    waiting = [client, server]
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    assert waiting == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_client_that_knows_the_authority_accepts_the_server(tmp_path: Path, host: str) -> None:
    files = make_certificates(tmp_path)
    handshake(files.server, files.authority, host)
    assert stat.S_IMODE(files.server.stat().st_mode) == 0o600, "it holds the private key"


def test_another_host_or_another_authority_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    files, other = make_certificates(tmp_path), make_certificates(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        handshake(files.server, files.authority, "example.org")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files.server, other.authority, "127.0.0.1")

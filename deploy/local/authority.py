"""A development certificate authority: certificates for edge and for terminals, and bad ones for tests.

Production has its own authority; edge refuses this one there because its subject says what it is.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.secret_files import write_private

AUTHORITY_NAME = "Guichet development authority"
_AUTHORITY_LIFE = timedelta(days=3650)
_CERTIFICATE_LIFE = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)
# Certificates are valid from a little before now, for clocks that run behind.
_CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class CertificateFiles:
    """Two PEM files, both of mode 0600."""

    certificate: Path
    key: Path


class DevelopmentAuthority:
    """Issues ECDSA P-256 certificates under `tls_dir` and keeps its own key in `authority_dir`.

    The two are apart because edge reads the first folder and must never be able to issue.
    """

    def __init__(self, tls_dir: Path, authority_dir: Path) -> None:
        self._tls_dir = tls_dir
        self._authority = CertificateFiles(tls_dir / "authority.crt", authority_dir / "authority.key")

    @property
    def authority_certificate(self) -> Path:
        """The PEM file to trust, on both sides of a connection."""
        return self._authority.certificate

    @property
    def edge(self) -> CertificateFiles:
        """Edge's server certificate, for localhost and 127.0.0.1."""
        return self._files("edge")

    @property
    def issuer(self) -> CertificateFiles:
        """The certificate under which the simulated bank signs what it says of card holders."""
        return self._files("issuer")

    def ensure(self, *, now: datetime) -> None:
        """Make the authority, edge's certificate and the issuer's, or renew them within 30 days of their end."""
        for folder in {self._tls_dir, self._tls_dir / "terminals", self._authority.key.parent}:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        if not _is_good(self._authority, now):
            _write(self._authority, *_make_authority(AUTHORITY_NAME, now))
            # What an earlier authority signed is worthless from here on.
            for stale in self._tls_dir.rglob("*.crt"):
                if stale != self._authority.certificate:
                    stale.unlink()
        if not _is_good(self.edge, now):
            names = x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            )
            self._issue(self.edge, "localhost", now, ExtendedKeyUsageOID.SERVER_AUTH, names)
        if not _is_good(self.issuer, now):
            self._issue(self.issuer, "Banque de l'Essai", now, ExtendedKeyUsageOID.CLIENT_AUTH)

    def terminal_certificate(self, terminal_id: str, *, now: datetime) -> CertificateFiles:
        """Return the terminal's client certificate (CN is the terminal id), made when it has none."""
        files = self._files(f"terminals/{terminal_id}")
        if not _is_good(files, now):
            self._issue(files, terminal_id, now, ExtendedKeyUsageOID.CLIENT_AUTH)
        return files

    def expired_certificate(self, terminal_id: str, *, now: datetime) -> CertificateFiles:
        """Return a client certificate of this authority that ended a day before `now`."""
        files = self._files(f"terminals/{terminal_id}.expired")
        begun = now - _CERTIFICATE_LIFE - timedelta(days=1)
        self._issue(files, terminal_id, begun, ExtendedKeyUsageOID.CLIENT_AUTH)
        return files

    def stranger_certificate(self, terminal_id: str, *, now: datetime) -> CertificateFiles:
        """Return a client certificate from another authority that bears the very same name."""
        files = self._files(f"terminals/{terminal_id}.stranger")
        signer, signer_key = _make_authority(AUTHORITY_NAME, now)
        certificate, key = _make_leaf(
            terminal_id, now, ExtendedKeyUsageOID.CLIENT_AUTH, None, signer, signer_key
        )
        _write(files, certificate, key)
        return files

    def _files(self, name: str) -> CertificateFiles:
        return CertificateFiles(self._tls_dir / f"{name}.crt", self._tls_dir / f"{name}.key")

    def _issue(
        self,
        files: CertificateFiles,
        common_name: str,
        begun: datetime,
        usage: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> None:
        signer = x509.load_pem_x509_certificate(self._authority.certificate.read_bytes())
        signer_key = serialization.load_pem_private_key(self._authority.key.read_bytes(), password=None)
        if not isinstance(signer_key, ec.EllipticCurvePrivateKey):
            raise TypeError("the development authority's key is an elliptic curve key")
        _write(files, *_make_leaf(common_name, begun, usage, names, signer, signer_key))


def _make_authority(common_name: str, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(common_name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _make_leaf(
    common_name: str,
    begun: datetime,
    usage: x509.ObjectIdentifier,
    names: x509.SubjectAlternativeName | None,
    signer: x509.Certificate,
    signer_key: ec.EllipticCurvePrivateKey,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun - _CLOCK_SLACK)
        .not_valid_after(begun + _CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        # Python 3.13 verifies strictly and refuses a chain without the authority's key identifier.
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer_key, hashes.SHA256()), key


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _is_good(files: CertificateFiles, now: datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return now + _RENEW_BEFORE < certificate.not_valid_after_utc


def _write(files: CertificateFiles, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """Write the key first, so that a certificate on disk always has its own key beside it."""
    files.certificate.unlink(missing_ok=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(files.key, private.decode())
    write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM).decode())

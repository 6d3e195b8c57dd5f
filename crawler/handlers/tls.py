"""What OpenSSL knows about a connection, in the words that a WARC and a person use.

Private names this stands on, asserted with those of crawler.handlers.tap: OpenSSL.SSL's
`_lib.SSL_get_verify_result`, `_lib.X509_verify_cert_error_string`, `_ffi`, `Connection._ssl`.
"""

from typing import Any, NamedTuple

from OpenSSL import SSL
from service_identity import VerificationError

# pyOpenSSL hides the one thing that distinguishes an expired certificate from a forged one.
_lib: Any = SSL._lib  # type: ignore[attr-defined]
_ffi: Any = SSL._ffi  # type: ignore[attr-defined]


class Session(NamedTuple):
    """The TLS version and cipher suite that were agreed on."""

    protocol: str
    """As in WARC-Protocol, e.g. `tls/1.3`."""
    cipher: str | None


def _connection(transport: Any) -> SSL.Connection | None:
    get_handle = getattr(transport, "getHandle", None)
    handle = get_handle() if get_handle else None
    return handle if isinstance(handle, SSL.Connection) else None


def describe(transport: Any) -> Session | None:
    """Return the TLS session under a Twisted transport, None where there is no TLS."""
    connection = _connection(transport)
    if connection is None:
        return None
    version = connection.get_protocol_version_name()  # TLSv1.3, TLSv1 (which is 1.0), SSLv3
    number = version.lower().partition("v")[2]
    name = connection.get_cipher_name()
    return Session(
        protocol=f"tls/{number if '.' in number else f'{number}.0'}",
        cipher=name and iana_cipher_name(name),
    )


def verification_failure(reason: Any, transport: Any) -> str | None:
    """Return why the peer's certificate was refused, None if that did not end the connection.

    `reason` is the Failure that Twisted lost the connection with.
    """
    if reason.check(VerificationError):
        return "it is not for this host"
    connection = _connection(transport) if reason.check(SSL.Error) else None
    if connection is None:
        return None
    code = _lib.SSL_get_verify_result(connection._ssl)
    if code == 0:  # X509_V_OK
        return None
    return str(_ffi.string(_lib.X509_verify_cert_error_string(code)), "ascii", "replace")


# The suites that OpenSSL offers by default for TLS 1.2 and that servers choose: OpenSSL's name
# for TLS 1.3 suites is IANA's already, and pyOpenSSL has no SSL_CIPHER_standard_name.
_KEY_EXCHANGES = {
    "ECDHE-ECDSA": "ECDHE_ECDSA",
    "ECDHE-RSA": "ECDHE_RSA",
    "DHE-RSA": "DHE_RSA",
}
_CIPHERS = {
    "AES128-GCM-SHA256": "AES_128_GCM_SHA256",
    "AES256-GCM-SHA384": "AES_256_GCM_SHA384",
    "AES128-SHA": "AES_128_CBC_SHA",
    "AES256-SHA": "AES_256_CBC_SHA",
    "AES128-SHA256": "AES_128_CBC_SHA256",
    "AES256-SHA256": "AES_256_CBC_SHA256",
    "AES256-SHA384": "AES_256_CBC_SHA384",
    "AES128-CCM": "AES_128_CCM",
    "AES256-CCM": "AES_256_CCM",
    "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256",
}


def iana_cipher_name(openssl_name: str) -> str:
    """Return the IANA name of a cipher suite, or OpenSSL's own if the table has none.

    >>> iana_cipher_name("ECDHE-RSA-AES128-GCM-SHA256")
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
    >>> iana_cipher_name("TLS_AES_256_GCM_SHA384")
    'TLS_AES_256_GCM_SHA384'
    """
    for prefix, exchange in _KEY_EXCHANGES.items():
        cipher = _CIPHERS.get(openssl_name.removeprefix(f"{prefix}-"))
        if openssl_name.startswith(f"{prefix}-") and cipher:
            return f"TLS_{exchange}_WITH_{cipher}"
    if openssl_name in _CIPHERS:
        return f"TLS_RSA_WITH_{_CIPHERS[openssl_name]}"
    return openssl_name

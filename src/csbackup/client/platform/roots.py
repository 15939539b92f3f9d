"""Which public CAs this system trusts.

Our own Python looks where that of Debian would. Other systems keep the same bundle elsewhere.
"""

from __future__ import annotations

import os
import ssl

_NAMED = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine, and most NAS systems
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD, macOS
    "/var/lib/ca-certificates/ca-bundle.pem",
)


def load_public_roots(context: ssl.SSLContext) -> None:
    """Trust whom this system trusts; what `SSL_CERT_FILE` names, if it is set, and no others."""
    context.load_default_certs()
    if any(name in os.environ for name in _NAMED):
        return
    found = next(filter(os.path.isfile, _BUNDLES), "")
    if found:
        context.load_verify_locations(found)

"""What a browser may do with our pages, and how the web app and its server know each other."""

from __future__ import annotations

SESSION_COOKIE = "__Host-csb"
MARK, MARKED = "x-csb", "web"  # the web app sends it; other pages cannot without asking first

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' blob:",  # `blob:`: a file that the page itself opened, to be looked at
    "media-src": "blob:",
    "frame-src": "blob:",  # the browser's own viewer for PDF; what is framed keeps this policy
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "csb-workers",  # see web/src/lib/workers.ts
}
SAFE_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

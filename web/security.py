"""What keeps other sites out of this one: headers, the origin of requests, the token in forms.

There is no login, so a page of another site that is open in the same browser is the stranger to keep out. It may send
requests here but has another Origin, cannot read our cookie, and, if it points its own name at our address (DNS
rebinding), sends that name as Host.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

COOKIE = "nabe_form"
FIELD = "form_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send the forms of these pages with Origin: null
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def protect(app: Flask) -> None:
    """Check every request of an application and put the headers on every answer."""
    app.before_request(_check_host)
    app.before_request(_check_origin)
    app.after_request(_add_headers)
    app.context_processor(lambda: {"form_token": form_token, "form_token_field": FIELD})


def form_token() -> str:
    """Return the token that a form on this page must send back; the answer sets it as a cookie too."""
    if "form_token" not in g:
        g.form_token = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    return str(g.form_token)


def check_form_token() -> None:
    """Refuse a form whose token is not the one of the cookie: it does not come from our pages."""
    cookie, field = request.cookies.get(COOKIE, ""), request.form.get(FIELD, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), field.encode()):
        abort(400, "Expected a form of this site, got one without its token. Reload the page and send it again.")


def _check_host() -> None:
    """Where the server listens on this machine only, accept only the names of this machine."""
    if _is_loopback(request.environ.get("SERVER_NAME", "")) and not _is_loopback(_host_name()):
        abort(400, "Expected a request to localhost, got one to another name. Open the page by its address.")


def _check_origin() -> None:
    """Refuse a request that changes something and comes from a page of another site."""
    if request.method in SAFE_METHODS:
        return
    fetch_site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if fetch_site is not None:  # set by the browser, and right behind a proxy too
        allowed = fetch_site in ("same-origin", "none")
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.host
    if not allowed:
        abort(403, "Expected a request from a page of this site, got one from another site.")


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if "form_token" in g and request.cookies.get(COOKIE) != g.form_token:
        response.set_cookie(COOKIE, g.form_token, httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def _host_name() -> str:
    return urlsplit(f"//{request.host}").hostname or ""


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

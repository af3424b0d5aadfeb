"""What browsers are told with every page of the desk: nothing from elsewhere, nothing kept, no frame around it."""

HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
    ),
    b"cache-control": b"no-store",
    # Not no-referrer: forms would then be sent with the origin "null" (Fetch standard, 3.2), and signing out is one.
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}

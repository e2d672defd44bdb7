"""Real receivers of alerts: an HTTP server and an SMTP server on free ports of this machine."""

from __future__ import annotations

import email
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class HttpReceiver:
    """Keeps what webhooks bring."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        kept = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> HttpReceiver:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def told(self, key: str) -> list[str]:
        return [one["status"] for one in self.messages if one["key"] == key]

    def levels(self, key: str) -> set[str]:
        return {one["level"] for one in self.messages if one["key"] == key}


class MailReceiver:
    """Keeps mails. With a certificate it takes them over TLS only, with no login without it."""

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        implicit: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.mails: list[Any] = []
        more: dict[str, Any] = {}
        if starttls is not None:
            more |= {"tls_context": starttls, "require_starttls": True}
        if implicit is not None:
            more |= {"ssl_context": implicit}
        if login is not None:
            wanted = LoginPassword(login[0].encode(), login[1].encode())
            # A connection that is encrypted from its beginning is not seen to be so.
            more |= {
                "auth_required": True,
                "auth_require_tls": implicit is None,
                "authenticator": lambda *given: AuthResult(success=given[-1] == wanted, handled=False),
            }
        # It looks at its own port when it starts, so that the port has to be known before.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        # What takes mails has to be called as aiosmtpd calls it.
        handler = type("Handler", (), {"handle_DATA": staticmethod(self._take)})()
        self._controller = Controller(handler, hostname="127.0.0.1", port=self.port, **more)

    async def _take(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 taken"

    def __enter__(self) -> MailReceiver:
        self._controller.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._controller.stop()

    def subjects(self, word: str) -> list[str]:
        return [
            str(one["Subject"]).replace("\n", "")
            for one in self.mails
            if word in str(one["Subject"]).replace("\n ", " ")
        ]

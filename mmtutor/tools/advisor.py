"""Lesson 20's adviser in a page of its own: this machine only, with a token, on a free port."""

import json
import os
import secrets
import webbrowser
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Lock

from mmtutor.datasets.dialogues import ORDINALS, make_catalogue, make_messages
from mmtutor.tools.lab import HOST, can_open_browser
from mmtutor.tools.show import console
from mmtutor.widgets import adviser_desk
from mmtutor.widgets.adviser_desk import Conversation
from mmtutor.widgets.style import script_of, style_of

LESSON = "mmtutor.advisor"
"""Found by its name, as exercises are: tools know no lesson."""
SEARCH = 0.9
"""The threshold of the search that the lesson chooses."""
LARGEST = 10_000
"""Bytes of a request at most."""
FOLDER = Path(adviser_desk.__file__).parent
OWN = {
    suffix: (FOLDER / f"adviser_page{suffix}").read_text(encoding="utf-8")
    for suffix in (".css", ".js")
}
FILES = {
    "adviser_desk.js": (script_of(adviser_desk.__file__), "text/javascript"),
    "adviser_page.js": (OWN[".js"], "text/javascript"),
    "style.css": (style_of(adviser_desk.__file__) + OWN[".css"], "text/css"),
}
"""What the page loads besides, and what kind it is."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A shop of postcards</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="adviser_page.js"></script>
</head>
<body>
<h1>A shop of postcards</h1>
<p>Ask for a card, change your mind, ask about what you see. Nothing leaves this machine, and
nothing is written to its disk.</p>
<main></main>
</body>
</html>
"""
GUARD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the token stands in the address
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What a browser is told: to ask nobody else, and to keep nothing."""


class Shop(ThreadingHTTPServer):
    """Serves a conversation to whoever knows the token.

    Threads, because browsers open connections that they do not use yet; the conversation is had by
    one at a time.
    """

    daemon_threads = True

    def __init__(self, conversation: Conversation) -> None:
        """Listen at a free port."""
        super().__init__((HOST, 0), Visit)
        self.conversation, self.token, self.one = conversation, secrets.token_urlsafe(24), Lock()

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def did(self, what: Callable[[Conversation], None]) -> bytes:
        """Do something in the conversation; return what the page shows then, as JSON."""
        with self.one:
            what(self.conversation)
            view = {**self.conversation.view(), "ordinals": ORDINALS}
        return json.dumps(view).encode()


class Visit(BaseHTTPRequestHandler):
    """One request. Whoever does not know the token learns nothing, not even what there is."""

    server: Shop

    def do_GET(self) -> None:
        """Send the page, its scripts, its style."""
        name = self.asked_for()
        if name == "":
            self.answer(PAGE.encode(), "text/html")
        elif name in FILES:
            text, kind = FILES[name]
            self.answer(text.encode(), kind)
        elif name is not None:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Reply, forget, or tell how things stand; the answer is always the whole view."""
        name = self.asked_for()
        deeds = {"reply": self.reply, "forget": Conversation.forget, "view": lambda _: None}
        if name is None:
            return
        if name not in deeds:
            return self.send_error(HTTPStatus.NOT_FOUND)
        try:
            self.text = self.told()
        except ValueError:
            return self.send_error(HTTPStatus.BAD_REQUEST, "a JSON object with a text is asked for")
        self.answer(self.server.did(deeds[name]), "application/json")

    def reply(self, conversation: Conversation) -> None:
        """Say what was typed."""
        conversation.say(self.text)

    def asked_for(self) -> str | None:
        """Return what stands behind the token in the address; None, and 403, for another token."""
        token, _, name = self.path.removeprefix("/").partition("/")
        if secrets.compare_digest(token.encode(), self.server.token.encode()):
            return name
        self.send_error(HTTPStatus.FORBIDDEN)
        return None

    def told(self) -> str:
        """Return the text of the request; raise ValueError where it has none, or is too large."""
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= LARGEST:
            raise ValueError("too large")
        told = json.loads(self.rfile.read(length) or b"{}")
        text = told.get("text", "") if isinstance(told, dict) else None
        if not isinstance(text, str):
            raise ValueError("no text")
        return text

    def answer(self, body: bytes, kind: str) -> None:
        """Send something that was found."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """Send what a browser is told with every answer."""
        for name, value in GUARD.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Write nothing: the token stands in every line."""


def open_shop() -> Conversation:
    """Return a conversation with the adviser that lesson 20 makes."""
    lesson, shop = import_module(LESSON), make_catalogue()
    router = lesson.LearntRouter(make_messages(600))
    adviser = lesson.PostcardAdviser(shop, lesson.Eyes(shop.pictures), router, SEARCH)
    return Conversation(adviser, shop.pictures, shop.cards)


def advisor(browser: bool = True) -> None:
    """Serve the adviser until Control-C."""
    with console.status("Looking at the postcards …"):
        server = Shop(open_shop())
    with server:
        console.print(f"\nThe shop is open at\n  {server.address}\nControl-C closes it.\n")
        if browser and can_open_browser(os.environ):
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("The shop is closed.")

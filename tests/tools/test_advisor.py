"""`mmtutor advisor`: a conversation is served to whoever has the token, and to nobody else."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from mmtutor.datasets.dialogues import make_catalogue
from mmtutor.tools import advisor
from mmtutor.widgets.adviser_desk import Conversation
from tests.tools.small import mmtutor_
from tests.widgets.test_adviser_desk import Parrot
from tests.widgets.test_network import addresses


@pytest.fixture
def shop() -> Iterator[advisor.Shop]:
    """An open shop, in a thread of its own."""
    catalogue = make_catalogue(5, seed=0)
    with advisor.Shop(Conversation(Parrot(), catalogue.pictures, catalogue.cards)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asked(
    shop: advisor.Shop, path: str, body: str | None = None, token: str | None = None
) -> HTTPResponse:
    """Ask with the shop's token or another one; a body makes it a POST."""
    line = HTTPConnection(advisor.HOST, shop.server_port, timeout=10)
    method = "GET" if body is None else "POST"
    line.request(method, f"/{shop.token if token is None else token}/{path}", body)
    return line.getresponse()


def said(shop: advisor.Shop, text: str) -> dict:
    return json.load(asked(shop, "reply", json.dumps({"text": text})))


def test_a_message_is_answered_with_all_that_is_shown(shop: advisor.Shop) -> None:
    view = said(shop, "A star?")
    assert [turn["shown"] for turn in view["turns"]] == [[4, 2]]
    assert view["state"]["said"] == ["a star ?"] and set(view["cards"]) == {"2", "4"}
    assert view["ordinals"][0] == "first" and view["error"] == ""
    assert said(shop, "zebra")["error"] == "There is no zebra."


def test_forget_deletes_all(shop: advisor.Shop) -> None:
    said(shop, "A star?")
    for what in ("forget", "view"):
        view = json.load(asked(shop, what, "{}"))
        assert (view["turns"], view["cards"], view["state"]["said"]) == ([], {}, [])


@pytest.mark.parametrize("token", ["", "wrong", "wr%C3%B6ng", "../"])
@pytest.mark.parametrize("body", [None, '{"text": "A star?"}'])
def test_without_the_token_nothing_is_told_and_nothing_is_said(
    shop: advisor.Shop, token: str, body: str | None
) -> None:
    for path in ("", "reply", "view", "adviser_desk.js"):
        answer = asked(shop, path, body, token)
        assert answer.status == 403 and shop.token not in answer.read().decode()
    assert not shop.conversation.turns


@pytest.mark.parametrize("path", ["", "style.css", "adviser_desk.js", "adviser_page.js"])
def test_the_page_and_its_parts_are_there_and_ask_nobody(shop: advisor.Shop, path: str) -> None:
    answer = asked(shop, path)
    text = answer.read().decode()
    assert answer.status == 200 and text
    assert not addresses(text)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "body"), [("adviser_desk.py", None), ("../cli.py", None), ("reply", None), ("x", "{}")]
)
def test_there_is_nothing_else(shop: advisor.Shop, path: str, body: str | None) -> None:
    assert asked(shop, path, body).status == 404


@pytest.mark.parametrize(
    "body", ["no JSON", "[]", '{"text": 3}', "\xff", json.dumps({"text": "a" * advisor.LARGEST})]
)
def test_a_request_that_is_none_is_refused(shop: advisor.Shop, body: str) -> None:
    assert asked(shop, "reply", body).status == 400
    assert not shop.conversation.turns


def test_only_this_machine_is_served_and_each_shop_has_its_token(shop: advisor.Shop) -> None:
    assert shop.server_address[0] == "127.0.0.1" and len(shop.token) >= 32
    with advisor.Shop(shop.conversation) as other:
        assert other.token != shop.token and other.server_port != shop.server_port


@pytest.mark.parametrize(("arguments", "opened"), [(["--no-browser"], 0), ([], 1)])
def test_the_command_prints_the_address_and_opens_a_browser_unless_told_not_to(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], opened: int
) -> None:
    def stop(server: advisor.Shop) -> None:
        raise KeyboardInterrupt

    addresses: list[str] = []
    catalogue = make_catalogue(2, seed=0)
    conversation = Conversation(Parrot(), catalogue.pictures, catalogue.cards)
    monkeypatch.setattr(advisor, "open_shop", lambda: conversation)
    monkeypatch.setattr(advisor.Shop, "serve_forever", stop)
    monkeypatch.setattr(advisor, "can_open_browser", lambda environment: True)
    monkeypatch.setattr("webbrowser.open", addresses.append)
    result = mmtutor_("advisor", *arguments)
    assert result.exit_code == 0 and "The shop is closed." in result.output
    assert re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/\n", result.output)
    assert len(addresses) == opened


def test_the_threshold_is_the_one_that_the_lesson_chooses() -> None:
    (lesson,) = (Path(__file__).parents[2] / "notebooks").glob("*_advisor.ipynb")
    chosen = re.findall(r"SEARCH = ([0-9.]+)", lesson.read_text(encoding="utf-8"))
    assert chosen == [str(advisor.SEARCH)]


@pytest.mark.serial
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_the_lessons_adviser_replies_and_control_c_is_no_failure() -> None:
    program = subprocess.Popen(
        [sys.executable, "-u", "-m", "mmtutor.cli", "advisor", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        line = next(line for line in program.stdout if "http://" in line)
        port, token = re.search(r":(\d+)/([\w-]+)/", line).groups()
        to = HTTPConnection(advisor.HOST, int(port), timeout=60)
        to.request("POST", f"/{token}/reply", '{"text": "I would like a red star"}')
        view = json.load(to.getresponse())
        assert view["error"] == "" and view["state"]["wanted"] == {"colour": "red", "kind": "star"}
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0
    finally:
        program.kill()
        program.wait()

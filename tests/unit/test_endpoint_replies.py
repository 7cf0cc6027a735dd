"""What a mail server replied to an envelope, and a program's messages in an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.observe.machines import AnsweringMachine
from upgradeproof.endpoints import Answer, envelope, mail_refusals, messages, refusals
from upgradeproof.plan import Endpoint

MAIL = Endpoint.model_validate({"id": "mail", "kind": "smtp", "port": 25})
GREETED = "220 mx1.example ESMTP\r\n250-mx1.example\r\n250 SIZE 10240000\r\n"
BROKEN = "451 4.3.5 Server configuration error"


def session(*replies: str) -> Answer:
    return Answer(body=GREETED + "".join(f"{reply}\r\n" for reply in replies))


def test_an_envelope_is_asked_for_the_servers_own_name_and_forgotten() -> None:
    asked = envelope(MAIL.model_copy(update={"send": "NOOP", "contains": "ok"}), GREETED)
    assert asked.contains == ""
    assert asked.send.splitlines() == [
        *("NOOP", "MAIL FROM:<>", "RCPT TO:<postmaster>", "RCPT TO:<root@mx1.example>"),
        *("RCPT TO:<root@localhost>", "RSET"),
    ]


def test_each_recipient_has_its_own_reply() -> None:
    found = refusals(
        session("250 Ok", "250 Ok", BROKEN, "554 5.7.1 Relay access denied", "250 Ok", "221 Bye")
    )
    assert found.taken == {"postmaster"}
    assert found.refused["root@{name}"] == BROKEN


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (session(BROKEN, "503 no sender", "503 no", "503 no", "250 Ok", "221 Bye"), BROKEN),
        (session("421 4.3.2 All server ports are busy"), "421 4.3.2 All server ports are busy"),
        (Answer(problem="Connection refused"), "Connection refused"),
    ],
)
def test_a_session_that_ends_early_takes_no_mail(answer: Answer, reply: str) -> None:
    found = refusals(answer)
    assert not found.taken
    assert set(found.refused.values()) == {reply}


def test_a_refusal_has_the_warnings_of_the_journal(tmp_path: Path) -> None:
    replies = {
        "journalctl": "0|warning: old\nwarning: old\n\nerror: new\n",
        "hostname -I": "0|192.0.2.7 2001:db8::7 \n",
        "192.0.2.7": f"0|{session(BROKEN, '221 Bye').body}",
        "127.0.0.1": f"0|{GREETED}",
    }
    found = mail_refusals(AnsweringMachine(tmp_path, replies), MAIL, 25)
    assert set(found) == {"the machine itself", "another machine"}
    assert all(one.logged == ("warning: old", "error: new") for one in found.values())
    assert set(found["another machine"].refused.values()) == {BROKEN}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (
            "<b>Deprecated</b>:  f(): Old in <b>/var/www/html/a.php</b> on line <b>5</b><br />\n{}",
            "Deprecated:  f(): Old in /var/www/html/a.php on line 5",
        ),
        (
            "<p>hello \nWarning: Undefined array key &quot;n&quot; in /srv/x.php on line 9\n</p>",
            'Warning: Undefined array key "n" in /srv/x.php on line 9',
        ),
        ('x\n  File "/opt/app/a.py", line 3, in f', 'File "/opt/app/a.py", line 3'),
        ("Use of uninitialized value $x at /usr/lib/cgi-bin/a.pl line 7.", "at /usr/lib"),
        ("/srv/app.rb:12:in `call': undefined method", "/srv/app.rb:12:in"),
        ("Oops\n    at run (/srv/app/index.js:10:3)\n", "at run (/srv/app/index.js:10:3)"),
    ],
)
def test_a_message_names_its_source(body: str, shown: str) -> None:
    found = messages(body)
    assert len(found) == 1
    assert next(iter(found.values())).startswith(shown)


@pytest.mark.parametrize(
    "body",
    [
        '{"ok": true, "warnings": 3, "error": null}',
        "<p>Error: the password is wrong. See line 7 of /etc/motd</p>",
        "Warning: maintenance at 10:30, in hall 5",
        "var e=function(){console.error('x')};//# sourceMappingURL=/a.js.map",
        '<a href="/in/line/5">Notice: meet at /dev/lounge</a>',
    ],
)
def test_content_is_no_message(body: str) -> None:
    assert not messages(body)

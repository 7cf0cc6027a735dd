"""The form in which web endpoints answer: the head of an answer, and what of it is compared."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from suites import test_answers as suite
from tests.unit.suites.states import state
from upgradeproof.plan import Endpoint
from upgradeproof.probes import CommandInput, Facts, ProbeInputs
from upgradeproof.probes.answers import AnswerForm, Answers
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

WEB = Endpoint(id="web", kind="http", port=80)
FORM = AnswerForm(status=200, protocol="1.1", content_type="text/html;charset=utf-8")


def read(*printed: str) -> dict[str, AnswerForm]:
    """Parse what the supervisor prints for one client's output each."""
    inputs = ProbeInputs(
        web=tuple(CommandInput(id=f"web{at}", script="") for at in range(len(printed)))
    )
    lines = [
        f"job\t{at}\t0\t{len(text)}\t{base64.b64encode(text.encode()).decode()}\t0\t"
        for at, text in enumerate(printed)
    ]
    return Answers.parse("\n".join([*lines, ""]), inputs)


def test_of_an_answer_its_head_is_read() -> None:
    head = (
        "HTTP/1.1 200 OK\nDate: now\nContent-Type: Text/HTML; charset=UTF-8\n"
        "content-security-policy: script-src 'nonce-a8dk2' 'sha256-abc='\n"
        "X-Frame-Options:  DENY\n\nHTTP/1.0 500 no\nContent-Type: a/b\n"
    )
    found = read(f"curl\n{head}", "HTTP/1.0 404 None\n", "", "none\n")
    assert found == {
        "web0": FORM.model_copy(
            update={
                "protections": (
                    "content-security-policy: script-src 'nonce-* 'sha256-*",
                    "x-frame-options: DENY",
                )
            }
        ),
        "web1": AnswerForm(status=404, protocol="1.0"),
    }


def test_a_header_that_is_sent_twice_is_read_as_both() -> None:
    head = "HTTP/1.1 401 no\nWWW-Authenticate: Negotiate\nWWW-Authenticate: Basic realm=a\n"
    assert read(head)["web0"].protections == ("www-authenticate: Negotiate, Basic realm=a",)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ('WWW-Authenticate: Digest nonce="a.b:{}", qop="auth"', 'Digest nonce-*, qop="auth"'),
        ('WWW-Authenticate: Digest opaque="{}"', "Digest opaque-*"),
        ("Content-Security-Policy: report-uri /r?api_key=Ab{}", "report-uri /r?api_key=(secret"),
    ],
)
def test_what_differs_from_answer_to_answer_and_secrets_are_no_part(header: str, form: str) -> None:
    (shown,) = read(f"HTTP/1.1 200 OK\n{header.format('3f9aX')}\n\n")["web0"].protections
    assert shown.partition(": ")[2].startswith(form)
    assert "3f9aX" not in shown


def test_the_boundary_of_parts_is_no_part_of_the_type() -> None:
    head = "HTTP/1.1 200 OK\nContent-Type: multipart/mixed; boundary={}\n\n"
    found = read(head.format("a8dk2"), head.format('"x y"'))
    assert {form.content_type for form in found.values()} == {"multipart/mixed;boundary-*"}


def states(was: AnswerForm | None, now: AnswerForm | None) -> tuple[State, State]:
    sound = state()
    before, after = (Facts({"answers": {"web": each} if each else {}}) for each in (was, now))
    changes = judge(sound.cell, "upgraded", before, after)
    return replace(sound, facts=before), replace(sound, facts=after, changes=changes)


def test_another_type_is_reported_with_both() -> None:
    latin = FORM.model_copy(update={"content_type": "text/html", "protections": ("a: b",)})
    with pytest.raises(AssertionError) as caught:
        suite.test_endpoint_answers_in_the_form_of_before(*states(FORM, latin), WEB)
    assert [line.strip() for line in str(caught.value).split("\n")][:3] == [
        "web answers in another form:",
        "Content-Type was text/html;charset=utf-8, is text/html",
        "the headers of browsers' rules and logins was not sent, is a: b",
    ]


def test_the_same_form_is_accepted() -> None:
    suite.test_endpoint_answers_in_the_form_of_before(*states(FORM, FORM), WEB)


@pytest.mark.parametrize("now", [None, FORM.model_copy(update={"status": 503})])
def test_another_status_is_for_other_checks(now: AnswerForm | None) -> None:
    with pytest.raises(pytest.skip.Exception, match="gave no such answer"):
        suite.test_endpoint_answers_in_the_form_of_before(*states(FORM, now), WEB)

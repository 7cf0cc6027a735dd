"""The output of a failed check: few lines, changes, and TOML for the author to complete."""

import tomllib

import pytest

from tests.unit.review.runs import came, change
from upgradeproof.results import Change
from upgradeproof.review import Paths, group, snippet, summary
from upgradeproof.review.summary import MAX_LINES

FEW = [
    came("users/deploy", "uid=999"),
    change("files//etc/x.conf/sha256", "a", "b", detail="--- old\n+++ new\n-1\n+2"),
    change("packages/cron/version", reason="expected by the plan"),
]


def text(changes: list[Change], state: str = "upgraded") -> str:
    return summary(changes, Paths.of({}, changes), state)


def test_without_unexplained_changes_there_is_nothing_to_print() -> None:
    assert text([change("packages/cron/version", reason="expected by the plan")]) == ""


def test_few_changes_are_listed_with_their_diffs_and_toml() -> None:
    assert text(FEW) == (
        "2 changes, neither expected nor explained;"
        " the first is users/deploy: (nothing) -> uid=999\n"
        "  users/deploy: (nothing) -> uid=999\n"
        "  files//etc/x.conf/sha256: a -> b\n"
        "      --- old\n"
        "      +++ new\n"
        "      -1\n"
        "      +2\n"
        "the whole list: the cell in index.html, or `upgradeproof review`\n"
        "to explain changes that are correct, add this to the plan, with your reasons:\n"
        "\n"
        "[[expect.change]]\n"
        'facts = ["users/deploy"]\n'
        'reason = ""\n'
        "\n"
        "[[expect.change]]\n"
        'facts = ["files//etc/x.conf/sha256"]\n'
        'reason = ""'
    )


def test_one_change_is_named_once() -> None:
    assert text(FEW[:1]).splitlines()[:2] == [
        "1 change, neither expected nor explained; it is users/deploy: (nothing) -> uid=999",
        "the whole list: the cell in index.html, or `upgradeproof review`",
    ]


def test_many_changes_are_counted_by_section_and_package() -> None:
    changes = [
        *(change(f"services/a{i}.service/active", package="apache2") for i in range(12)),
        *(came(f"packages/lib{i}", package=f"lib{i}") for i in range(200)),
        came("journal/cron.service: no such file"),
    ]
    lines = text(changes).splitlines()
    assert lines[0].endswith("; the first is services/a0.service/active: 1 -> 2")
    assert lines[1:5] == [
        "by section and package:",
        "  services (12): apache2 12",
        "  packages (200): lib0 1, lib1 1, lib2 1, lib3 1, and 196 more",
        "  journal (1): cron 1",
    ]
    assert lines[-1] == "# and 196 groups more: `upgradeproof review --toml` prints them"
    assert len(lines) <= MAX_LINES


def test_the_summary_is_never_longer_than_a_screen() -> None:
    changes = [
        came(f"s{i}/{'x' * 300}/{j}", "y" * 500, package=f"p{i}.{j}")
        for i in range(40)
        for j in range(9)
    ]
    printed = text(changes)
    assert len(printed.splitlines()) <= MAX_LINES
    tomllib.loads(printed[printed.index("[[") :])


@pytest.mark.parametrize(
    ("state", "problem", "header"),
    [
        ("rebooted", "only a boot shows", "[[expect.change]]"),
        (
            "rolled_back",
            "different from before, and not named in allowed_changes",
            "[[upgrade.allowed_changes]]",
        ),
        ("upgraded_again", "different from the first upgrade", "[[upgrade.allowed_changes]]"),
    ],
)
def test_the_summary_states_the_problem_of_each_state(
    state: str, problem: str, header: str
) -> None:
    lines = text(FEW[:1], state).splitlines()
    assert lines[0] == f"1 change, {problem}; it is users/deploy: (nothing) -> uid=999"
    assert header in lines


def test_special_characters_are_escaped_in_toml() -> None:
    path = 'journal/x: "\\d" \'\t'
    found = group([came(path)], Paths(()))
    data = tomllib.loads("\n".join(snippet(found, "[[expect.change]]")))
    assert data == {"expect": {"change": [{"facts": [path], "reason": ""}]}}


def test_toml_names_what_happened_to_a_package() -> None:
    gone = change("packages/telnet", "1", None, package="telnet").model_copy(
        update={"kind": "removed"}
    )
    (found,) = group([gone], Paths(()))
    assert found.title == "packages of telnet, removed"
    assert snippet([found], "[[expect.change]]") == [
        "",
        "[[expect.change]]",
        'facts = ["packages/telnet"]',
        'kind = "removed"',
        'reason = ""',
    ]


def test_changes_without_a_package_are_grouped_by_what_they_are_about() -> None:
    changes = [
        came("files//etc/web/a"),
        came("files//etc/web/b"),
        came("journal/web.service: a"),
        came("journal/web.service: b"),
        came("users/ada"),
        change("services/x.service/active", package="x"),
        change("services/x@1.service/active", package="x"),
    ]
    assert [(each.title, len(each.changes)) for each in group(changes, Paths(()))] == [
        ("files of /etc/web", 2),
        ("journal of web", 2),
        ("users of ada", 1),
        ("services of x", 2),
    ]

"""What a group of unexplained changes is about."""

import pytest

from tests.unit.review.runs import came
from upgradeproof.review import Paths, group


@pytest.mark.parametrize(
    ("path", "package", "title"),
    [
        ("conffiles//etc/cron.d/x", "cron", "conffiles of cron"),
        ("files//etc/x/a.conf", "", "files of /etc/x"),
        ("services/cleanup@one.timer", "", "services of cleanup"),
        ("listening/tcp/127.0.0.1:25", "", "listening of tcp port 25"),
        ("listening/udp/[::]:546", "", "listening of udp port 546"),
        ("users/deploy", "", "users of deploy"),
    ],
)
def test_a_group_is_named_for_what_it_is_about(path: str, package: str, title: str) -> None:
    changes = [came(path, package=package)]
    assert [found.title for found in group(changes, Paths.of({}, changes))] == [title]


def test_addresses_of_one_port_are_one_group() -> None:
    changes = [came("listening/tcp/0.0.0.0:80"), came("listening/tcp/[::]:80")]
    assert [len(found.changes) for found in group(changes, Paths.of({}, changes))] == [2]

"""Groups of unexplained changes, and their titles."""

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
def test_the_title_of_a_group_names_its_package_or_record(
    path: str, package: str, title: str
) -> None:
    changes = [came(path, package=package)]
    assert [found.title for found in group(changes, Paths.of({}, changes))] == [title]


def test_addresses_of_one_port_are_one_group() -> None:
    changes = [came("listening/tcp/0.0.0.0:80"), came("listening/tcp/[::]:80")]
    assert [len(found.changes) for found in group(changes, Paths.of({}, changes))] == [2]

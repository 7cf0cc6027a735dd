"""The description of a server is read from its output; a server that can't be read is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.unit.capture.examples import ABOUT, images
from upgradeproof.capture import capture
from upgradeproof.capture.reader import about_server, parse_about, read_server
from upgradeproof.command import Completed
from upgradeproof.errors import PlanError, ServerError
from upgradeproof.machines.ssh import Address, Server

PRINTED = """\
architecture\tamd64
os\tPRETTY_NAME\tDebian GNU/Linux 1 (old)
os\tVERSION_CODENAME\told
os\tID\tdebian
name\tweb1
kernel\t6.1.0
virtual\tkvm
address\t192.0.2.7
module\tip_vs
mount\t/\text4
disk\tvda
source\thttp://archive.example/debian\told/main\tDebian
size\t2048\t/srv
size\tlots\t/opt
something else
"""


class Answering(Server):
    """A server with fixed answers; a word of the script selects the answer."""

    def __init__(self, answers: Mapping[str, Callable[[], bytes] | bytes | int]) -> None:
        super().__init__(Address(host="web1"))
        self._answers = answers

    def run(self, script: str, **_: object) -> Completed:
        for word, answer in self._answers.items():
            if word in script:
                output = answer() if callable(answer) else answer
                status = output if isinstance(output, int) else 0
                out = output if isinstance(output, bytes) else b""
                return Completed(
                    command=script, exit_status=status, stdout=out, stderr=b"", duration_s=0.0
                )
        return Completed(command=script, exit_status=0, stdout=b"", stderr=b"", duration_s=0.0)


def test_the_description_of_a_server_is_read_line_by_line() -> None:
    about = parse_about(PRINTED)
    assert (about.architecture, about.name, about.kernel) == ("amd64", "web1", "6.1.0")
    assert about.os["VERSION_CODENAME"] == "old"
    assert about.sizes == {"/srv": 2048}
    assert about.sources == [("http://archive.example/debian", "old/main", "Debian")]
    assert (about.addresses, about.modules, about.disks) == (["192.0.2.7"], ["ip_vs"], ["vda"])


def test_a_server_without_dpkg_is_one_clear_error() -> None:
    server = Answering({"command -v dpkg-query": 1, "PRETTY_NAME": b'"Fedora Linux 41"\n'})
    with pytest.raises(ServerError) as raised:
        about_server(server)
    assert str(raised.value) == (
        'web1 has no dpkg, apt and perl: only Debian\'s family can be captured\n"Fedora Linux 41"'
    )


@pytest.mark.parametrize(
    ("path", "size", "brief"),
    [
        ("srv", b"", "--data srv: write an absolute path of the server"),
        ("/srv", b"", "--data /srv: there is no such path on web1"),
        (
            "/srv",
            b"9999999\n",
            "--data /srv: it holds 9765 MB, and at most 256 MB are copied",
        ),
    ],
)
def test_data_that_can_not_be_copied_is_one_clear_error(path: str, size: bytes, brief: str) -> None:
    with pytest.raises(PlanError) as raised:
        read_server(Answering({"du -skx": size}), ABOUT, [path])
    assert raised.value.brief == brief


def test_an_unsupported_distribution_is_found_before_anything_is_read(tmp_path: Path) -> None:
    server = Answering({"dpkg --print": PRINTED.replace("debian\n", "devuan\n").encode()})
    with pytest.raises(PlanError) as raised:
        capture(server, tmp_path / "web1", images())
    assert raised.value.brief.startswith(
        "web1 runs Debian GNU/Linux 1 (old), for which there is no"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_capture_leaves_nothing(tmp_path: Path) -> None:
    def interrupt() -> bytes:
        raise KeyboardInterrupt

    server = Answering({"upgradeproof.XXXXXX": interrupt, "dpkg --print": PRINTED.encode()})
    with pytest.raises(KeyboardInterrupt):
        capture(server, tmp_path / "products" / "web1", images())
    assert list(tmp_path.iterdir()) == []

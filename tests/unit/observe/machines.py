"""A machine with fixed answers of APT, for the tests of requests to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.unit.runner.fakes import IMAGE, FolderMachine
from upgradeproof.command import Completed
from upgradeproof.errors import MachineError
from upgradeproof.machines import MachineSpec
from upgradeproof.results import Fidelity

SPEC = MachineSpec(snapshot=IMAGE, name="thing-observed-1", architecture="amd64")


class AnsweringMachine(FolderMachine):
    """A machine that answers scripts which contain a text; other scripts run in its folder."""

    def __init__(
        self, disk: Path, answers: Mapping[str, str], forwards: Mapping[int, int] | None = None
    ) -> None:
        fidelity = Fidelity(kernel="shared", execution="native")
        super().__init__(SPEC, disk, fidelity, forwards)
        self.answers = answers

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        for part, answer in self.answers.items():
            if part in script:
                status, _, text = answer.partition("|")
                out, err = (text, "") if status == "0" else ("", text)
                return Completed(
                    command="",
                    exit_status=int(status),
                    stdout=out.encode(),
                    stderr=err.encode(),
                    duration_s=0.0,
                )
        return super().run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)

    def get(self, path: str) -> bytes:
        try:
            return super().get(path)
        except OSError as error:
            raise MachineError(f"{path} can't be read: {error.strerror}") from None

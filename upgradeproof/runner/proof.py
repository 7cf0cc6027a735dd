"""The proof that a state is the one it claims to be, before any check may pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import assert_never

from upgradeproof.errors import NotReadyError, ProofError
from upgradeproof.plan import Cell, Release
from upgradeproof.probes import Facts
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.packages import Packages
from upgradeproof.runner.declared import prove_commands
from upgradeproof.states import StateName


def prove(cell: Cell, state: StateName, facts: Facts, reached: Mapping[StateName, Facts]) -> None:
    """Prove a state from its facts and from those of the states before it.

    A cached state is proven again: the proof may have become stricter. Raises as the proofs below.
    """
    match state:
        case StateName.INSTALLED:
            prove_installed(cell, facts)
            prove_commands(cell, facts)
        case StateName.UPGRADED:
            prove_upgraded(cell, reached[StateName.INSTALLED], facts)
        case StateName.ROLLED_BACK:
            prove_rolled_back(cell, reached[StateName.INSTALLED], facts)
        case StateName.UPGRADED_AGAIN:
            prove_upgraded(cell, reached[StateName.ROLLED_BACK], facts)
            prove_upgraded_again(cell, reached[StateName.UPGRADED], facts)
        case StateName.INSTALLED_REBOOTED | StateName.REBOOTED:
            pass  # a clone of a proven state; what the boot changed is in its diff
        case StateName.BASE:
            raise ValueError("no transition leads to the image: there is nothing to prove")
        case never:
            assert_never(never)


def prove_installed(cell: Cell, facts: Facts) -> None:
    """Raise NotReadyError unless the old release, and no other, is installed."""
    wrong = [*_wrong_packages(cell.old, facts), *_wrong_kernel(cell.old, facts)]
    if wrong:
        raise NotReadyError(
            f"what is installed is not the release {cell.old.name}: there is nothing to upgrade",
            details="\n".join(wrong),
            resolution="fix the install steps, or the release's packages in the plan",
        )


def prove_upgraded(cell: Cell, before: Facts, after: Facts) -> None:
    """Raise ProofError unless the upgrade really happened.

    Every package of the new release is there in its version, and its kernel runs where the machine
    has one of its own; of what the releases name, something was replaced at all. Whether the
    services were restarted is for the checks: the facts of such a machine show why they were not.
    """
    wrong = [*_wrong_packages(cell.new, after), *_wrong_kernel(cell.new, after)]
    if not _anything_replaced(cell, before, after):
        wrong.append("nothing changed that the releases name: neither a package nor the kernel")
    if wrong:
        raise ProofError(
            f"the upgrade to {cell.new.name} did not happen, though every step succeeded",
            details="\n".join(wrong),
            resolution="see the transcripts: held packages, unchanged sources",
        )


def prove_rolled_back(cell: Cell, start: Facts, after: Facts) -> None:
    """Raise ProofError unless the old release is back: equal to what it was, not only changed."""
    wrong = [*_wrong_packages(cell.old, after), *_unequal(cell.old, start, after)]
    if wrong:
        raise ProofError(
            f"the rollback to {cell.old.name} did not happen, though every step succeeded",
            details="\n".join(wrong),
            resolution="see the transcripts: which step should have restored it?",
        )


def prove_upgraded_again(cell: Cell, first: Facts, after: Facts) -> None:
    """Raise ProofError unless the second upgrade ended in the very versions of the first one."""
    wrong = list(_unequal(cell.new, first, after))
    if wrong:
        raise ProofError(
            f"the upgrade to {cell.new.name}, applied again after the rollback, did not end as"
            " the first time",
            details="\n".join(wrong),
            resolution="see the transcripts: what did the rollback leave, or the archive change?",
        )


def _versions(facts: Facts) -> dict[str, str]:
    return {name: package.version for name, package in facts[Packages].items()}


def _anything_replaced(cell: Cell, before: Facts, after: Facts) -> bool:
    """Return whether a package of the releases changed, or a kernel of the machine's own that runs.

    Another package proves nothing: the archive changes independently.
    """
    was, now = _versions(before), _versions(after)
    named = {*cell.old.packages, *cell.new.packages}
    kernels = [facts[Kernel]["running"].release for facts in (before, after) if facts[Boot]]
    return any(was.get(name) != now.get(name) for name in named) or len(set(kernels)) > 1


def _unequal(release: Release, was: Facts, now: Facts) -> Iterator[str]:
    """Yield what of a release is not equal to what it was: packages, and the running kernel."""
    before, after = _versions(was), _versions(now)
    for name in release.packages:
        if name in before and after.get(name) != before[name]:
            found = after.get(name, "not installed")
            yield f"{name}: {found}, where {before[name]} was installed before"
    kernel, running = was[Kernel].get("running"), now[Kernel].get("running")
    if kernel and running and kernel.release != running.release:
        yield f"the kernel {running.release} runs, where {kernel.release} ran before"


def _wrong_packages(release: Release, facts: Facts) -> Iterator[str]:
    for name, pattern in release.packages.items():
        package = facts[Packages].get(name)
        if package is None or not package.installed:
            yield f"{name}: not installed, where {pattern} was expected"
        elif not fnmatchcase(package.version, pattern):
            yield f"{name}: {package.version}, where {pattern} was expected"


def _wrong_kernel(release: Release, facts: Facts) -> Iterator[str]:
    """Yield what is wrong with the running kernel; a shared one was never booted."""
    running = facts[Kernel].get("running")
    own = bool(facts[Boot])
    if release.kernel and own and running and not fnmatchcase(running.release, release.kernel):
        yield f"the kernel {running.release} runs, where {release.kernel} was expected"

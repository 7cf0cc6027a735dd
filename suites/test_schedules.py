"""What runs automatically runs as often as before, and once."""

from upgradeproof.plan import Expectations
from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.jobs import doubled, lost, other_users, retimed
from upgradeproof.probes.schedules import Schedules
from upgradeproof.runner import State
from upgradeproof.runner.reasons import known


def test_no_job_is_scheduled_no_more(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before, after = installed[Schedules], upgraded[Schedules]
    gone = [
        f"{key} ({before[key].when}): "
        + (f"{after[key].inactive}" if key in after else "no schedule has it any more")
        for key in lost(before, after)
        if not known(upgraded, expectations, f"schedules/{key}")
    ]
    assert not gone, "\n".join(["these jobs do not run any more:", *gone])


def test_no_job_is_run_by_a_second_schedule(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before, after = installed[Schedules], upgraded[Schedules]
    twice = [
        f"{' and '.join(after[new].programs) or after[new].package} is run by {old}"
        f" ({after[old].when}) as before, and now also by {new} ({after[new].when})"
        for new, old in doubled(before, after)
        if not known(upgraded, expectations, f"schedules/{new}")
    ]
    assert not twice, "\n".join(twice)


def test_no_job_runs_as_another_user(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """In an upgrade of the distribution, a job of a package may."""
    before, after = installed[Schedules], upgraded[Schedules]
    distribution = distribution_upgraded(installed.facts, upgraded.facts)
    others = [
        f"{key} of {after[key].source} runs as {after[key].user or 'root'},"
        f" and ran as {before[key].user or 'root'}"
        for key in other_users(before, after)
        if not (distribution and after[key].package)
        and not known(upgraded, expectations, f"schedules/{key}")
    ]
    assert not others, "\n".join(others)


def test_no_job_runs_at_another_time(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before, after = installed[Schedules], upgraded[Schedules]
    moved = [
        f"{key}: was {before[key].when}, is {after[key].when}"
        for key in retimed(before, after)
        if not known(upgraded, expectations, f"schedules/{key}")
    ]
    assert not moved, "\n".join(moved)

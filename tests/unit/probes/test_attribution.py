"""Which changes are attributed to an upgrade of the distribution, and which are not."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.probes import Difference, Facts, Probe, Record
from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.leftovers import Leftovers
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.stale import Stale, StaleProcess

INSTALLED = "install ok installed"


def facts(version: str = "12", thing: str = "1", **sections: dict[str, Record]) -> Facts:
    """Return the facts of a machine with one package, in one version of the distribution."""
    system = OperatingSystem(state="running", id="debian", version=version)
    packages = {"thing": Package(version=thing, state=INSTALLED)} if thing else {}
    empty: dict[str, dict[str, Record]] = {"services": {}, "stale": {}, "conffiles": {}}
    return Facts({**empty, "system": {"system": system}, "packages": {**packages}, **sections})


def why(probe: type[Probe[Any]], path: str, before: Facts, after: Facts) -> str:
    return probe.explain(Difference(path=path, before=None, after="there"), before, after)


def test_the_reason_states_how_a_package_changed() -> None:
    assert changed_package("thing", facts(), facts(thing="2")) == "went from 1 to 2"
    assert changed_package("thing", facts(thing=""), facts()) == "was installed in version 1"
    assert changed_package("thing", facts(), facts(thing="")) == "was removed (it was 1)"
    assert changed_package("thing", facts(), facts()) == ""
    assert changed_package("other", facts(), facts()) == ""


def test_a_removed_package_leaves_its_configuration_files() -> None:
    left = facts(thing="")
    residual = Package(version="1", state="deinstall ok config-files")
    found = Facts({**left.sections, "packages": {"thing": residual}})
    why = "was installed and removed in the upgrade, and left its configuration files"
    assert changed_package("thing", left, found) == why
    assert changed_package("thing", found, found) == ""


def test_another_version_of_the_system_is_an_upgrade_of_the_distribution() -> None:
    assert distribution_upgraded(facts("12"), facts("13"))
    assert not distribution_upgraded(facts("12"), facts("12"))
    assert not distribution_upgraded(Facts({}), Facts({}))


def unit(**values: object) -> dict[str, Record]:
    return {"a.service": Service.model_validate({"package": "thing", **values})}


@pytest.mark.parametrize(
    ("was", "now", "version", "explained"),
    [
        pytest.param(None, {"enabled": "static"}, "12", True, id="a new unit"),
        pytest.param(None, {"enabled": "enabled"}, "12", False, id="a new daemon of one package"),
        pytest.param(None, {"enabled": "enabled"}, "13", True, id="a new daemon of the system"),
        pytest.param(None, {"active": "failed"}, "13", False, id="a new unit that fails"),
        pytest.param({}, None, "13", True, id="an inactive unit goes"),
        pytest.param({"active": "active"}, None, "13", False, id="an active unit goes"),
    ],
)
def test_a_unit_that_is_added_or_removed(
    was: dict[str, object] | None, now: dict[str, object] | None, version: str, explained: bool
) -> None:
    before = facts(services={} if was is None else unit(**was))
    after = facts(version, "2", services={} if now is None else unit(**now))
    assert bool(why(Services, "services/a.service", before, after)) is explained


@pytest.mark.parametrize(
    ("field", "was", "now", "explained"),
    [
        ("active", {"active": "active"}, {"active": "inactive"}, False),
        ("active", {"active": "inactive"}, {"active": "active"}, True),
        ("enabled", {"enabled": "enabled"}, {"enabled": "disabled"}, False),
        ("enabled", {"enabled": "generated"}, {"enabled": "enabled"}, True),
        ("load", {"load": "loaded"}, {"load": "not-found"}, False),
        ("executable", {"executable": "/usr/bin/a"}, {"executable": "/usr/bin/b"}, True),
        ("restarts", {"restarts": 0}, {"restarts": 2}, False),
    ],
)
def test_a_unit_is_attributed_to_its_package_unless_it_stops_working(
    field: str, was: dict[str, object], now: dict[str, object], explained: bool
) -> None:
    before, after = facts(services=unit(**was)), facts(thing="2", services=unit(**now))
    assert bool(why(Services, f"services/a.service/{field}", before, after)) is explained


@pytest.mark.parametrize(
    ("enabled", "version", "explained"),
    [("disabled", "13", True), ("disabled", "12", False), ("enabled", "13", False)],
)
def test_a_disabled_unit_that_only_its_installation_started_need_not_run(
    enabled: str, version: str, explained: bool
) -> None:
    before = facts(services=unit(enabled=enabled, active="active"))
    after = facts(version, "2", services=unit(enabled=enabled, active="inactive"))
    assert bool(why(Services, "services/a.service/active", before, after)) is explained


def test_a_unit_of_a_package_that_did_not_change_is_not_attributed_to_it() -> None:
    before, after = facts(services={}), facts(services=unit(enabled="static"))
    assert why(Services, "services/a.service", before, after) == ""


@pytest.mark.parametrize(
    ("package", "deleted", "version", "explained"),
    [
        pytest.param("thing", "/usr/lib/libc.so.6", "13", True, id="libraries of others"),
        pytest.param("thing", "/usr/sbin/thingd", "13", False, id="its own program"),
        pytest.param("", "/usr/sbin/thingd", "13", True, id="a unit of the administrator's"),
        pytest.param("thing", "/usr/lib/libc.so.6", "12", False, id="no other distribution"),
    ],
)
def test_processes_that_only_the_reboot_restarts(
    package: str, deleted: str, version: str, explained: bool
) -> None:
    stale = StaleProcess(executables=("/usr/sbin/thingd",), deleted=(deleted,), pids=(1,))
    services = unit(package=package, active="active")
    after = facts(version, stale={"a.service": stale}, services=services)
    before = facts(services=services)
    assert bool(why(Stale, "stale/a.service", before, after)) is explained


@pytest.mark.parametrize(
    ("edited", "version", "explained"),
    [(False, "13", True), (True, "13", False), (False, "12", False)],
)
def test_a_conffile_that_the_distribution_drops(
    edited: bool, version: str, explained: bool
) -> None:
    path = "/etc/thing.conf"
    was = {path: Conffile(package="thing", state="modified")} if edited else {}
    state = "modified" if edited else "unmodified"
    now = {path: Conffile(package="thing", state=state, obsolete=True)}
    before, after = facts(conffiles={**was}), facts(version, conffiles={**now})
    assert bool(why(Conffiles, f"conffiles/{path}", before, after)) is explained


@pytest.mark.parametrize(
    ("name", "version", "explained"),
    [
        ("a.conf.dpkg-dist", "13", True),
        ("a.conf.ucf-dist", "13", True),
        ("a.conf.dpkg-bak", "13", False),
        ("a.conf.dpkg-dist", "12", False),
    ],
)
def test_a_leftover_next_to_a_file_in_use(name: str, version: str, explained: bool) -> None:
    found = why(Leftovers, f"leftovers//etc/{name}", facts(), facts(version))
    assert bool(found) is explained

"""The probes of dpkg and apt on a real machine, with packages that are made for each test."""

from __future__ import annotations

from tests.machines.probing import NOTHING, changed, run
from upgradeproof.machines import Machine
from upgradeproof.probes import read
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.health import Health
from upgradeproof.probes.leftovers import Leftover, Leftovers
from upgradeproof.probes.packages import Packages


def package(name: str, version: str, *, control: str = "", postinst: str = "") -> str:
    """Return a script that builds ``/opt/NAME_VERSION.deb``, with a configuration file."""
    return f"""
    d=$(mktemp -d); mkdir -p $d/DEBIAN $d/etc; chmod 755 $d
    printf '%s\\n' 'Package: {name}' 'Version: {version}' 'Architecture: all' \\
      'Maintainer: a <a@b.test>' '{control or "Priority: optional"}' 'Description: x' \\
      >$d/DEBIAN/control
    echo /etc/{name}.conf >$d/DEBIAN/conffiles; echo {version} >$d/etc/{name}.conf
    if [ -n '{postinst}' ]; then
      printf '#!/bin/sh\\n{postinst}\\n' >$d/DEBIAN/postinst; chmod 755 $d/DEBIAN/postinst
    fi
    dpkg-deb --build $d /opt/{name}_{version}.deb >/dev/null; rm -r $d
    """


def purge(*names: str) -> str:
    words = " ".join(names)
    return f"dpkg --purge --force-all {words} >/dev/null 2>&1; rm -f /opt/probe*.deb"


def test_the_packages_are_those_of_dpkg(debian: Machine) -> None:
    packages = read(debian, NOTHING)[Packages]
    count = run(debian, "dpkg-query -W -f 'x\\n' | grep -c x")
    assert len(packages) == int(count)
    assert packages["bash"].installed


def test_a_package_is_held(debian: Machine) -> None:
    do, undo = (f"echo bash {state} | dpkg --set-selections" for state in ("hold", "install"))
    with changed(debian, do, undo) as facts:
        assert facts[Packages]["bash"].held


def test_a_package_that_no_archive_offers_is_obsolete(debian: Machine) -> None:
    do = f"""
    {package("probe-old", "1")} {package("probe-new", "1")}
    dpkg -i /opt/probe-old_1.deb /opt/probe-new_1.deb >/dev/null
    printf '%s\\n' 'Package: probe-new' 'Version: 1' 'Architecture: all' 'Filename: x.deb' \\
      'Size: 1' 'MD5sum: 00000000000000000000000000000000' 'Description: x' '' >/opt/Packages
    echo 'deb [trusted=yes] file:/opt ./' >/etc/apt/sources.list.d/probe.list
    apt-get update -q -o Dir::Etc::sourcelist=sources.list.d/probe.list \
      -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 2>&1
    """
    undo = f"""
    rm -f /etc/apt/sources.list.d/probe.list /var/lib/apt/lists/_opt_* /opt/Packages
    {purge("probe-old", "probe-new")}
    """
    with changed(debian, do, undo) as facts:
        assert facts[Health]["apt-archives"].sound
        assert facts[Packages]["probe-old"].obsolete
        assert not facts[Packages]["probe-new"].obsolete


def test_a_removed_package_leaves_residual_configuration(debian: Machine) -> None:
    do = f"""{package("probe-a", "1")}
    dpkg -i /opt/probe-a_1.deb >/dev/null; dpkg -r probe-a >/dev/null"""
    with changed(debian, do, purge("probe-a")) as facts:
        assert facts[Packages]["probe-a"].residual
        assert facts[Conffiles] == {}


def test_edited_and_missing_conffiles_are_read(debian: Machine) -> None:
    do = f"""{package("probe-a", "1")} {package("probe-b", "1")}
    dpkg -i /opt/probe-a_1.deb /opt/probe-b_1.deb >/dev/null
    echo mine >/etc/probe-a.conf; rm /etc/probe-b.conf"""
    with changed(debian, do, purge("probe-a", "probe-b")) as facts:
        assert {path: (file.package, file.state) for path, file in facts[Conffiles].items()} == {
            "/etc/probe-a.conf": ("probe-a", "modified"),
            "/etc/probe-b.conf": ("probe-b", "missing"),
        }


def test_a_package_that_fails_to_configure_is_seen(debian: Machine) -> None:
    do = f"{package('probe-a', '1', postinst='exit 1')} dpkg -i /opt/probe-a_1.deb 2>&1 || :"
    with changed(debian, do, purge("probe-a")) as facts:
        assert facts[Packages]["probe-a"].state == "install ok half-configured"
        assert "probe-a" in facts[Health]["dpkg-audit"].output


def test_broken_dependencies_are_seen(debian: Machine) -> None:
    deb = package("probe-a", "1", control="Depends: probe-nowhere")
    do = f"{deb} dpkg --force-depends -i /opt/probe-a_1.deb >/dev/null 2>&1"
    with changed(debian, do, purge("probe-a")) as facts:
        assert not facts[Health]["apt-check"].sound
        assert "probe-nowhere" in facts[Health]["apt-check"].output


def test_a_default_release_of_the_administrator_hides_nothing(debian: Machine) -> None:
    """apt refuses such a setting where it has no lists, and the probes ask it without them."""
    own = "/etc/apt/apt.conf.d/99own"
    do = f"""{package("probe-a", "1")} dpkg -i /opt/probe-a_1.deb >/dev/null
    apt-mark auto probe-a >/dev/null; echo 'APT::Default-Release "bookworm";' >{own}"""
    with changed(debian, do, f"rm {own}; {purge('probe-a')}") as facts:
        assert facts[Health]["apt-check"].sound
        assert facts[Packages]["probe-a"].autoremovable


def test_an_interrupted_dpkg_is_seen(debian: Machine) -> None:
    update = "/var/lib/dpkg/updates/0001"
    with changed(debian, f"dpkg -s bash >{update}", f"rm {update}") as facts:
        assert facts[Health]["interrupted"].output == update


def test_leftovers_are_found(debian: Machine) -> None:
    files = "/etc/apt/a.dpkg-old /etc/b.ucf-dist"
    with changed(debian, f"touch {files}", f"rm {files}") as facts:
        assert facts[Leftovers] == {
            "/etc/apt/a.dpkg-old": Leftover(kind="dpkg-old"),
            "/etc/b.ucf-dist": Leftover(kind="ucf-dist"),
        }

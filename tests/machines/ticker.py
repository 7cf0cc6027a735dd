"""A product that needs no archive: a service, from a package that is built on the machine."""

from __future__ import annotations

BUILD = r"""build() {
  d=$(mktemp -d); chmod 755 $d; mkdir -p $d/DEBIAN $d/usr/lib/ticker $d/lib/systemd/system
  printf '%s\n' 'Package: ticker' "Version: $1" 'Architecture: all' 'Maintainer: a <a@b.test>' \
    'Description: x' >$d/DEBIAN/control
  printf '%s\n' '#!/bin/sh' 'systemctl daemon-reload; systemctl enable -q ticker' \
    '[ -e /opt/no-restart ] || systemctl restart ticker' >$d/DEBIAN/postinst
  chmod 755 $d/DEBIAN/postinst
  cp /bin/sleep $d/usr/lib/ticker/ticker
  printf '%s\n' '[Service]' 'ExecStart=/usr/lib/ticker/ticker infinity' \
    '[Install]' 'WantedBy=multi-user.target' >$d/lib/systemd/system/ticker.service
  [ -z "$2" ] || head -c "$2" /dev/urandom >$d/usr/lib/ticker/ballast
  dpkg-deb --build -Zgzip $d /opt/ticker_$1.deb; rm -r $d
}
"""

GOOD = "dpkg -i /opt/ticker_2.deb"

SUITE = """
def test_it_runs_before(installed):
    assert installed.host.service("ticker").is_running


def test_it_runs_after(upgraded):
    assert upgraded.host.service("ticker").is_running


def test_it_is_the_new_one(upgraded):
    assert upgraded.host.package("ticker").version == "2"
"""


def plan(
    token: str, upgrades: dict[str, str], *, install: str = "", ready_timeout_s: int = 20
) -> str:
    """Return a plan with an upgrade from 1 for each name, with its steps as TOML."""
    return f"""
name = "{token}"
ready_timeout_s = {ready_timeout_s}
min_uptime_s = 2
[[release]]
name = "1"
packages = {{ ticker = "1" }}
[expect]
services = ["ticker"]
[[install]]
step = "run"
title = "install ticker"
script = '''
# for {token}
{BUILD}
build 1; build 2; dpkg -i /opt/ticker_1.deb
{install}'''
""" + "".join(_upgrade(to, steps) for to, steps in upgrades.items())


def run(script: str, *more: str) -> str:
    """Return a step that runs a script."""
    return "\n".join(["[[upgrade.steps]]", 'step = "run"', f"script = '''{script}'''", *more])


def _upgrade(to: str, steps: str) -> str:
    return f"""
[[release]]
name = "{to}"
packages = {{ ticker = "2" }}
[[upgrade]]
from = "1"
to = "{to}"
platforms = ["debian-12-amd64.container"]
{steps}
"""

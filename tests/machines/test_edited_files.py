"""The probe of edited files on a real machine, with a package that is made for each test."""

from __future__ import annotations

from tests.machines.probing import changed, run
from upgradeproof.machines import Machine
from upgradeproof.probes.edited_files import EditedFiles

POSTINST = r"""#!/bin/sh
[ "$1" != configure ] || echo port=$$ >/opt/probed/generated.ini
"""
BUILD = f"""
d=$(mktemp -d); chmod 755 $d
mkdir -p $d/DEBIAN $d/etc/probed $d/opt/probed $d/lib/systemd/system $d/usr/share/probed
printf '%s\\n' 'Package: probed' 'Version: 1' 'Architecture: all' 'Maintainer: a <a@b.test>' \\
  'Description: x' >$d/DEBIAN/control
cat >$d/DEBIAN/postinst <<'END'
{POSTINST}END
chmod 755 $d/DEBIAN/postinst
echo /etc/probed/declared.conf >$d/DEBIAN/conffiles
for each in etc/probed/declared.conf etc/probed/fpm.conf etc/probed/same.conf opt/probed/a.ini \\
    opt/probed/generated.ini opt/probed/gone lib/systemd/system/probed.timer \\
    usr/share/probed/index.html; do
  echo brought >$d/$each
done
find $d -type f -exec touch -d 2020-01-01 {{}} +
dpkg-deb --build $d /opt/probed.deb >/dev/null; rm -r $d
dpkg -i /opt/probed.deb >/dev/null
"""
EDIT = """
for each in /etc/probed/declared.conf /etc/probed/fpm.conf /opt/probed/a.ini \\
    /lib/systemd/system/probed.timer /usr/share/probed/index.html; do
  echo edited >>$each
done
touch -d 2020-01-01 /lib/systemd/system/probed.timer
touch /etc/probed/same.conf; rm /opt/probed/gone
"""
UNDO = "dpkg --purge probed >/dev/null 2>&1; rm -rf /opt/probed* /etc/probed /usr/share/probed"


def test_edited_files_of_packages_are_read(debian: Machine) -> None:
    with changed(debian, BUILD + EDIT, UNDO) as facts:
        assert {path: file.package for path, file in facts[EditedFiles].items()} == {
            "/etc/probed/fpm.conf": "probed",
            "/opt/probed/a.ini": "probed",
            f"{units(debian)}/probed.timer": "probed",
            "/usr/share/probed/index.html": "probed",
        }


def test_an_edit_of_a_diverted_file_is_read_where_the_file_is(debian: Machine) -> None:
    ini = "/opt/probed/a.ini"
    divert = f"dpkg-divert --local --rename --add {ini} >/dev/null; echo own >{ini}"
    undo = f"rm -f {ini}; dpkg-divert --rename --remove {ini} >/dev/null; {UNDO}"
    with changed(debian, f"{BUILD} {divert}", undo) as facts:
        assert dict(facts[EditedFiles]) == {}
    with changed(debian, f"{BUILD} {divert}; echo x >>{ini}.distrib", undo) as facts:
        assert list(facts[EditedFiles]) == [f"{ini}.distrib"]


def units(debian: Machine) -> str:
    return run(debian, "readlink -f /lib/systemd/system")

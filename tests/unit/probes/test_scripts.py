"""The scripts of the kernel's probes run in a plain `sh` on any machine, this host included."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.probes.base import Probe, every_probe
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.module_index import ModuleIndexes
from upgradeproof.probes.own_kernel import OWN_KERNEL

INTERESTS = ProbeInputs(modules=("loop", "no-such-module", "a; exit 3"))
GUARDED = [probe for probe in every_probe() if OWN_KERNEL in probe.script(INTERESTS)]


def output(script: str) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", f"export LC_ALL=C; {script}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "yntax" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("probe", GUARDED, ids=lambda probe: str(probe.section))
def test_a_script_runs_and_its_output_is_parsed(probe: type[Probe[Any]]) -> None:
    probe.parse(output(probe.script(INTERESTS).replace(OWN_KERNEL, "")), INTERESTS)


def test_the_kernels_probes_are_guarded() -> None:
    assert {probe.section for probe in GUARDED} == {
        "boot",
        "configured_modules",
        "devices",
        "disks",
        "dkms",
        "initramfs",
        "kernel_log",
        "module_index",
        "modules",
    }


def test_a_container_reads_nothing_of_its_hosts_kernel(tmp_path: Path) -> None:
    mark = tmp_path / "container"
    script = Boot.script(INTERESTS).replace("/run/systemd/container", str(mark))
    script = script.replace("/.dockerenv", str(tmp_path / "none"))
    script = script.replace("/run/.containerenv", str(tmp_path / "none"))
    assert output(script).startswith("release\t")
    mark.touch()
    assert output(script) == ""


def test_the_boot_loaders_menu_is_printed_without_the_rest(tmp_path: Path) -> None:
    (tmp_path / "grub.cfg").write_text(
        'if [ "${next_entry}" ] ; then\n   set default="${next_entry}"\nelse\n'
        '   set default="1>0"\nfi\nset timeout=5\n'
        "menuentry 'a' $menuentry_id_option 'x' {\n\tload_video\n\tlinux\t/boot/vmlinuz-2 ro\n}\n"
        "submenu 'b' {\n\tmenuentry 'c' {\n\t\tlinux\t/boot/vmlinuz-1 ro\n\t\tinitrd /i\n\t}\n}\n"
    )
    (tmp_path / "grubenv").write_text("# GRUB Environment Block\nsaved_entry=0\n#####")
    script = Boot.script(INTERESTS).replace(OWN_KERNEL, "").replace("/boot/grub", str(tmp_path))
    printed = output(script)
    assert "set timeout" not in printed
    found = Boot.parse(printed, INTERESTS)["current"]
    assert (found.loader, found.default_entry, found.default_release) == ("grub", "c", "1")


def test_the_index_is_compared_with_the_files(tmp_path: Path) -> None:
    for name in ("a.ko", "b.ko.xz", "updates/c.ko"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "modules.dep").write_text("a.ko: gone.ko b.ko.xz\nb.ko.xz:\n")
    (tmp_path / "modules.builtin").write_text("kernel/drivers/block/virtio-blk.ko\n")
    (tmp_path / "late.ko").touch()
    script = ModuleIndexes.script(INTERESTS).replace(OWN_KERNEL, "")
    script = script.replace("/lib/modules/$release", str(tmp_path))
    found = ModuleIndexes.parse(output(script), INTERESTS)["running"]
    assert (found.files, found.builtin) == (4, ("virtio_blk",))
    assert (found.unlisted, found.unlisted_count) == (("late.ko", "updates/c.ko"), 2)
    assert (found.missing, found.newer) == (("gone.ko",), ("late.ko",))

"""How many files each subfolder of a folder holds that is read as a whole."""

from __future__ import annotations

from pathlib import Path

from tests.unit.probes.test_files import entry, parsed
from tests.unit.probes.test_files_explained import NGINX, facts, file, folder, reasons
from tests.unit.probes.test_scripts import output
from upgradeproof.probes import ProbeInputs, diff
from upgradeproof.probes.files import Files
from upgradeproof.probes.operating_system import OperatingSystem


def write(path: Path, files: int) -> None:
    path.mkdir(parents=True)
    for number in range(files):
        (path / f"{number}").write_text("data")


def printed(root: Path) -> str:
    script = Files.script(ProbeInputs()).replace("@disks = ('/')", f"@disks = ('{root}')")
    return output(script.replace("for (lines '/proc/self/mountinfo')", "for (())"))


def walked(root: Path) -> dict[str, dict[str, tuple[int, int]]]:
    return {
        path: dict(found.subfolders)
        for path, found in Files.parse(printed(root), ProbeInputs()).items()
        if found.subfolders
    }


def test_files_below_each_subfolder_are_counted_without_folders(tmp_path: Path) -> None:
    write(tmp_path / "app", 301)
    write(tmp_path / "app" / "up loads" / "2024" / "01", 12)
    write(tmp_path / "app" / "up loads" / "2023", 3)
    write(tmp_path / "app" / "empty" / "folder", 0)
    assert walked(tmp_path) == {
        str(tmp_path / "app"): {".": (301, 1204), "up loads": (15, 60)},
    }


def test_only_the_largest_subfolders_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "app", 301)
    for number in range(102):
        write(tmp_path / "app" / f"tenant-{number:03}", 1 if number else 2)
    found = walked(tmp_path)[str(tmp_path / "app")]
    assert len(found) == 100
    assert found["tenant-000"] == (2, 8)
    assert "tenant-101" not in found


def test_folders_are_joined_where_a_whole_area_holds_too_much(tmp_path: Path) -> None:
    """The area is the folder of the second level, in which the folder of this test is one part."""
    write(tmp_path / "a", 301)
    for number in range(8):
        write(tmp_path / f"b{number}", 255)
    area, part = Path(*tmp_path.parts[:3]), tmp_path.parts[3]
    lines = [line for line in printed(tmp_path).splitlines() if line.startswith("parts ")]
    assert lines == [f"parts {area} {part} 2341 9364"]


def test_lines_of_parts_are_read() -> None:
    lines = (entry("/srv/a", "directory", "0755"), "fold /srv/a 5 a:a file%200644")
    found = parsed(*lines, "parts /srv/a up%20loads 3 12 . 1 4")["/srv/a"]
    assert (found.entries, dict(found.subfolders)) == (5, {"up loads": (3, 12), ".": (1, 4)})
    assert parsed(*lines)["/srv/a"].subfolders == {}
    assert parsed(*lines, "parts /srv/a cut 3")["/srv/a"].subfolders == {}


def test_a_folder_of_data_that_is_gone_is_not_attributed_to_a_package_that_stays() -> None:
    path = "/var/lib/nginx"
    assert reasons(folder(3, package="nginx"), None, path) == {"": ""}
    assert reasons(folder(0, package="nginx"), None, path) == {"": f"belonged to {NGINX}"}
    removed = reasons(folder(3, package="nginx"), None, path, versions=("1", ""))
    assert removed == {"": "belonged to nginx, which was removed (it was 1)"}
    ordinary = file("0755", type="directory", package="nginx")
    assert reasons(ordinary, None, path) == {"": f"belonged to {NGINX}"}


def test_an_upgrade_of_the_distribution_may_drop_a_folder_of_its_packages() -> None:
    was, now = (
        facts(
            version,
            {} if version == "2" else {"/var/lib/nginx": folder(3, package="nginx")},
            system={"system": OperatingSystem(state="running", id="os", version=version)},
        )
        for version in "12"
    )
    (line,) = (each for each in diff(was, now) if each.path.startswith("files/"))
    assert Files.explain(line, was, now) == f"belonged to {NGINX}"

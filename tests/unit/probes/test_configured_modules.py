"""The modules that configuration files name: their settings, and whether this kernel has them."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.configured_modules import ConfiguredModule, ConfiguredModules
from upgradeproof.probes.inputs import ProbeInputs


def parsed(*modules: str) -> dict[str, ConfiguredModule]:
    inputs = ProbeInputs(modules=modules)
    return ConfiguredModules.parse(captured("configured_modules"), inputs)


def test_modules_to_load_are_read_from_every_folder() -> None:
    modules = parsed()
    assert {name for name, module in modules.items() if module.loads} == {"loop", "tcp_cubic"}
    assert modules["loop"].named_in == ("/etc/modules", "/etc/modules-load.d/modules.conf")
    assert (modules["loop"].state, modules["tcp_cubic"].state) == ("loadable", "builtin")


def test_a_file_overrides_one_of_the_same_name_in_a_later_folder() -> None:
    assert "hidden" not in parsed()


def test_options_are_read_over_continued_lines() -> None:
    lighthouse = parsed()["lighthouse"]
    assert lighthouse.options == {"interval_ms": "250", "verbose": ""}
    assert (lighthouse.state, lighthouse.there) == ("loaded", True)


def test_files_of_packages_about_modules_are_ignored() -> None:
    assert "bonding" not in parsed()


def test_forbidden_modules_are_read() -> None:
    modules = parsed()
    assert {name for name, module in modules.items() if module.blacklisted} == {"pcspkr", "floppy"}
    assert modules["pcspkr"].state == "unknown"


def test_file_systems_the_filter_and_ipvs_use_modules() -> None:
    modules = parsed()
    used = {name: module.state for name, module in modules.items() if module.uses}
    assert used == {
        "ext4": "loaded",
        "fuse": "builtin",
        "ip_vs": "loaded",
        "ip_vs_wrr": "missing",
        "nf_tables": "unknown",
    }
    assert modules["ip_vs_wrr"].problem == (
        "modprobe: FATAL: Module ip_vs_wrr not found in directory /lib/modules/6.1.0-44-amd64"
    )


def test_the_plans_modules_are_configured_too() -> None:
    named = parsed("tcp-cubic", "other")
    assert named["tcp_cubic"].named_in == ("/etc/modules-load.d/server.conf", "the plan")
    assert named["other"] == ConfiguredModule(loads=True, state="unknown", named_in=("the plan",))


def test_an_install_command_prevents_a_module() -> None:
    output = "line\t/etc/modules\tfloppy\ntried\tfloppy\t0\tinstall /bin/false \n"
    floppy = ConfiguredModules.parse(output, ProbeInputs())["floppy"]
    assert (floppy.state, floppy.there) == ("prevented", False)


def test_a_container_has_none_even_if_the_plan_names_modules() -> None:
    assert ConfiguredModules.parse("", ProbeInputs(modules=("loop",))) == {}

"""Each check passes on a good product, and fails when the one fact that it tests is spoiled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from suites import (
    test_components,
    test_config_formats,
    test_data,
    test_degradation,
    test_in_use,
    test_libraries,
    test_packages,
    test_preflight,
    test_previous_kernel,
    test_reboot,
    test_rollback,
    test_service_controls,
    test_service_ports,
    test_services,
    test_tls_offers,
    test_unexplained_changes,
    test_upgrade_completes,
    test_upgrade_happened,
)
from tests.unit.runner.world import cell
from tests.unit.suites import facts
from tests.unit.suites.product import Product, Spoil, checks_of, on_disk
from tests.unit.suites.spoils import SPOILS

CHECKS = checks_of(
    (
        test_components,
        test_config_formats,
        test_data,
        test_degradation,
        test_in_use,
        test_libraries,
        test_packages,
        test_preflight,
        test_previous_kernel,
        test_reboot,
        test_rollback,
        test_service_controls,
        test_service_ports,
        test_services,
        test_tls_offers,
        test_unexplained_changes,
        test_upgrade_completes,
        test_upgrade_happened,
    )
)
Make = Callable[[str], Product]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"welcome")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def make(tmp_path: Path, port: int) -> Make:
    def made(check: str) -> Product:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        tls = check.startswith("test_tls_offers::")
        return Product(cell(folder, **facts.plan(folder, tls=tls)), folder, port)

    return made


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_product_passes(make: Make, check: str) -> None:
    assert make(check).failure(CHECKS[check][1]) is None


@pytest.mark.parametrize(
    ("check", "spoil", "words"), SPOILS, ids=[f"{i}-{row[0]}" for i, row in enumerate(SPOILS)]
)
def test_one_spoiled_fact_fails_one_check(make: Make, check: str, spoil: Spoil, words: str) -> None:
    """Of all checks of its suite only the named one fails, and its message names the problem."""
    suite, _ = CHECKS[check]
    failed = {}
    for name, (other, function) in CHECKS.items():
        if other is suite:
            product = make(check)
            spoil(product)
            if (message := product.failure(function)) is not None:
                failed[name] = message
    assert list(failed) == [check]
    assert words in failed[check]


def test_the_log_of_a_service_is_no_port(make: Make) -> None:
    check = "test_in_use::test_ports_listen_after_a_restart"
    product = make(check)
    on_disk("upgraded", "not-ready", "web is activating\n  bind: address in use")(product)
    assert product.failure(CHECKS[check][1]) is None


def test_an_upgrade_without_facts_does_not_complete(make: Make) -> None:
    product = make("test_upgrade_completes::test_upgrade_completes")
    product.records["upgraded"].clear()
    nothing = product.state("upgraded")
    with pytest.raises(AssertionError, match="no facts were read after the upgrade"):
        test_upgrade_completes.test_upgrade_completes(nothing)

"""Lighthouse's agent and its library: what clients can rely on, and what is rejected."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.lighthouse.conftest import Load, Unpacked, ended
from upgradeproof.command import run

CLIENTS = 500


def test_the_library_needs_no_other_library(unpacked: Unpacked) -> None:
    for library in unpacked("1.2.8").glob("usr/lib/*/liblighthouse.so.1.2.8"):
        done = run(["readelf", "--dynamic", "--wide", str(library)], timeout_s=30)
        assert "(SONAME)" in done.text
        assert "liblighthouse.so.1]" in done.text
        assert "(NEEDED)" not in done.text


def test_there_is_a_library_for_each_architecture(unpacked: Unpacked) -> None:
    found = {path.parent.name for path in unpacked("1.2.8").glob("usr/lib/*/liblighthouse.so.1")}
    assert found == {"x86_64-linux-gnu", "aarch64-linux-gnu"}


def test_a_store_preserves_its_items_and_detects_damage(load: Load, tmp_path: Path) -> None:
    module = load("store")

    def store() -> Any:
        return module.Store(tmp_path, 1000, lambda content: str(sum(content)))

    first = store()
    first.write("a", b"hello")
    first.write("a", b"hello again")
    assert (store().names, store().read("a"), store().read("b")) == (["a"], b"hello again", None)
    with pytest.raises(module.QuotaError):
        first.write("b", b"x" * 1000)
    (tmp_path / "a").write_bytes(b"0\nhello again")
    with pytest.raises(module.DamagedError):
        store().read("a")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a.part", "ä", "a" * 101])
def test_a_name_that_is_no_safe_file_name_is_refused(load: Load, name: str) -> None:
    assert not load("store").is_name(name)


def test_five_hundred_clients_are_answered_at_once(load: Load) -> None:
    web = load("web")

    async def client(port: int, all_clients: asyncio.Barrier) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await all_clients.wait()  # all are connected before the first one asks
        for _ in range(2):  # over one connection
            writer.write(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            body = await reader.readexactly(2)
        writer.close()
        return body

    async def handler(request: Any) -> Any:
        return web.Response(web.HTTPStatus.OK, request.path.encode())

    async def serve_all() -> list[bytes]:
        server = await web.serve("127.0.0.1", 0, handler)
        port = server.sockets[0].getsockname()[1]
        all_clients = asyncio.Barrier(CLIENTS)
        async with server:
            return await asyncio.gather(*(client(port, all_clients) for _ in range(CLIENTS)))

    assert ended(serve_all()) == [b"/a"] * CLIENTS


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"PUT / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n", 413),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
    ],
)
def test_an_invalid_request_is_rejected(load: Load, sent: bytes, status: int) -> None:
    web = load("web")

    async def handler(_: Any) -> Any:
        return web.plain(web.HTTPStatus.OK)

    async def ask() -> bytes:
        server = await web.serve("127.0.0.1", 0, handler)
        async with server:
            where = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*where)
            writer.write(sent)
            answer = await reader.read()
            writer.close()
            return answer

    assert ended(ask()).startswith(f"HTTP/1.1 {status} ".encode())


def test_the_agent_reports_the_library_that_it_lacks(unpacked: Unpacked, tmp_path: Path) -> None:
    folder = unpacked("1.2.8") / "usr/lib/lighthouse"
    script = "from lighthouse.library import Library; Library()"
    env = {"PYTHONPATH": str(folder), "LD_LIBRARY_PATH": str(tmp_path)}
    done = run([sys.executable, "-B", "-c", script], timeout_s=30, env=env, check=False)
    assert "LibraryError: Failed to load library 'liblighthouse.so': " in done.stderr.decode()


def test_the_library_computes_fnv_checksums(unpacked: Unpacked) -> None:
    folder = unpacked("1.2.8")
    triplet = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}[os.uname().machine]
    script = "from lighthouse.library import Library as L; print(L().version, L().checksum(b'a'))"
    env = {
        "PYTHONPATH": str(folder / "usr/lib/lighthouse"),
        "LD_LIBRARY_PATH": str(folder / "usr/lib" / triplet),
    }
    done = run([sys.executable, "-B", "-c", script], timeout_s=30, env=env)
    assert done.text == "1.2.8 af63dc4c8601ec8c"

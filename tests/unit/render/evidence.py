"""The evidence of the example's cells: diffs, transcripts, and findings of their preflights."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.results import Change, Component, Finding, Release

SUPPORT = Release(
    product="lighthouse",
    name="1.2.8",
    components=(
        Component(
            name="NGINX",
            supported="1.21.3",
            allowed="1.21.1 to 1.21.9",
            needs=("OpenSSL",),
            consequence="queue management module",
            code="E1102",
        ),
        Component(name="OpenSSL", supported="1.1.1k"),
        Component(name="Redis", supported="6.2.0", needs=("RedisGears",)),
        Component(name="RedisGears", supported="1.4.8"),
        Component(
            name="etcd",
            supported="3.5.2",
            allowed="3.5.0 to 3.5.4",
            needs=("etcd raft",),
            consequence="rate limiting policy",
            code="E1102",
        ),
        Component(name="etcd raft", supported="0.45.0"),
    ),
)
FINDINGS = (
    Finding(
        id="components/NGINX",
        severity="inhibitor",
        title="NGINX 1.22.1-9 is not a version that 1.2.8 allows",
        meaning=(
            "1.2.8 allows 1.21.1 to 1.21.9. Outside this range, queue management module breaks."
        ),
        remedy="apt-get install --allow-downgrades 'nginx=1.21.3*'",
        code="E1102",
    ),
    Finding(
        id="cores",
        severity="high",
        title="2 processor cores, where 4 are required",
        meaning="With less, the new release is not supported.",
        remedy="give the machine 8 processor cores",
        code="E1203",
        accepted="test machines share a small host",
    ),
    Finding(
        id="uplink",
        severity="info",
        title="the speed of the uplink is not known here",
        meaning="A container has a virtual link.",
        remedy="measure on the host: ethtool",
    ),
)


def small_diff(*, regressed: bool) -> Iterator[Change]:
    yield _change("packages/nginx/version", "1.21.3-1", "1.21.9-1", "the release brings nginx")
    yield _change("packages/haproxy/version", "2.5.0-1", "2.5.6-1", "the release brings haproxy")
    yield _change("ports/tcp:127.0.0.1:30081", None, "lighthouse", "the API moves to 30081")
    if regressed:
        yield _change("ports/tcp:127.0.0.1:9100", "lighthouse-exporter", "node_exporter")
        yield _change("ports/tcp:127.0.0.1:9101", "lighthouse-exporter", None)
        yield _change("configuration//etc/lighthouse.conf/format", "2023Q3", "2023Q3, unreadable")


def big_diff() -> Iterator[Change]:
    for number in range(470):
        yield _change(
            f"packages/lib{number:03}-dev/version",
            f"2.{number}.1-3+deb11u2",
            f"2.{number + 4}.0-1",
            "a distribution upgrade changes every version",
        )
    for number in range(30):
        yield _change(
            f"units/service-{number}.service/fragment",
            f"/lib/systemd/system/service-{number}.service",
            f"/usr/lib/systemd/system/service-{number}.service",
            "/usr is merged",
        )
    yield Change(
        path="files//etc/nginx/nginx.conf/sha256",
        before="9f86d081884c7d65",
        after="2c26b46b68ffc68f",
        expected=False,
        detail="@@ -2,1 +2,1 @@\n-worker_connections 1024;\n+worker_connections 768;\n <b>",
    )


def _change(path: str, before: str | None, after: str | None, reason: str = "") -> Change:
    known = "" if path.startswith("packages/") else "Debian 12 -> 13"
    return Change(
        path=path,
        before=before,
        after=after,
        expected=bool(reason),
        reason=reason,
        source="known" if known else "plan",
        known_for=known,
    )


def transcript(title: str) -> bytes:
    lines = [
        f"\x1b[1m$ {title}\x1b[0m",
        "Reading package lists... 0%\rReading package lists... Done",
    ]
    count = 9000 if "full-upgrade" in title else 40
    lines += [
        f"Get:{n} \x1b[32mbookworm/main\x1b[0m amd64 lib{n:04} amd64 2.{n} [{n * 3 % 997} kB]"
        for n in range(count)
    ]
    return "\r\n".join([*lines, "Processing triggers for libc-bin (2.36-9) ...", ""]).encode()

"""Locust's load compared with wrk and hey: what a request costs, and whose percentiles are true."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from bench.result import Result
from tests.load.servers import FRONT_PAGE, serving, stalling
from upgradeproof.home import Home
from upgradeproof.load import Aim, send
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.plan import Endpoint, Load, Platform

ROUNDS = 3
USERS, SECONDS = 20, 5
PERIOD_S, STALL_S, RATE_PER_S = 1.2, 0.6, 100
P99_ERROR = 0.1
WAIT_S = 60.0


@dataclass(frozen=True)
class Run:
    """What one generator reports of one run, and what it used of this host's processors."""

    requests_per_s: float
    p99_s: float
    cpu_s: float
    lasted_s: float

    @property
    def cpu_for_a_request_s(self) -> float:
        """Return the seconds of a processor that one request took."""
        return self.cpu_s / (self.requests_per_s * self.lasted_s)


def measure(home: Home) -> Iterator[Result]:
    """Measure the three alternately on one NGINX; then on a server with known latencies."""
    platform = Platform(image="debian-12", architecture="amd64", machine="container")
    image = home.imaging().ensure(platform)
    spec = MachineSpec(
        snapshot=image, name="upgradeproof-bench-load", architecture="amd64", ports=(80,)
    )
    with BACKEND.start(spec) as machine:
        done = machine.run("apt-get update && apt-get install -y nginx-light", timeout_s=300)
        if not done.ok:
            raise RuntimeError(f"no NGINX to measure on: {done.tail}")
        yield from _cost(machine.published(80))
    yield from _truth()


def _cost(port: int) -> Iterator[Result]:
    """Compare by processor time for a request: a host with more cores can use them."""
    runs: dict[str, list[Run]] = {"Locust": [], "wrk": [], "hey": []}
    generators: dict[str, Callable[[int], Run]] = {"Locust": _closed, "wrk": _wrk, "hey": _hey}
    for _ in range(ROUNDS):
        for name, generate in generators.items():
            runs[name].append(generate(port))
    ours = _costs("Locust", runs)
    yield Result.faster("one request to NGINX, processor time", ours, _costs("wrk", runs))
    yield Result.faster("one request to NGINX, processor time", ours, _costs("hey", runs))


def _costs(name: str, runs: dict[str, list[Run]]) -> tuple[str, list[float]]:
    rate = median(1 / run.cpu_for_a_request_s for run in runs[name])
    p99_ms = 1000 * median(run.p99_s for run in runs[name])
    what = f"{name}: {rate:.0f} a second and core, p99 {p99_ms:.1f} ms"
    return what, [run.cpu_for_a_request_s for run in runs[name]]


def _truth() -> Iterator[Result]:
    """Half of all arrivals meet a stall: 1 % of them wait longer than it lasts, but for 12 ms."""
    truth_s = STALL_S - 0.01 * PERIOD_S
    with serving(stalling(PERIOD_S, STALL_S)) as port:
        found = {
            "our open model": _open(port),
            "our closed model": _closed(port, users=1),
            "wrk": _wrk(port, users=1),
            "hey": _hey(port, users=1),
        }
    for name, run in found.items():
        error = abs(run.p99_s - truth_s) / truth_s
        ours = name == "our open model"
        yield Result(
            name=f"p99 of a server that stalls, {name}",
            ours=f"{1000 * run.p99_s:.1f} ms",
            other=f"{1000 * truth_s:.0f} ms (the truth)",
            value=100 * error,
            unit="% off",
            target=f"<= {100 * P99_ERROR:g} %" if ours else "-",
            met=not ours or error <= P99_ERROR,
            samples={name: [run.p99_s]},
        )


def _closed(port: int, *, users: int = USERS) -> Run:
    return _locust(port, model="closed", users=users)


def _open(port: int) -> Run:
    return _locust(port, model="open", users=RATE_PER_S, rate_per_s=RATE_PER_S)


def _locust(port: int, **how: object) -> Run:
    """Send a load by our own recorder, for a whole number of the stalling server's periods."""
    load = Load.model_validate(
        {
            "id": "bench",
            "locustfile": "front_page.py",
            "endpoint": "page",
            "warm_up_s": 1,
            "duration_s": 4 * PERIOD_S,
            **how,
        }
    )
    aim = Aim(endpoint=Endpoint(id="page", kind="http", port=80), port=port)
    result = send(load, aim, FRONT_PAGE)
    if result.failures:
        raise RuntimeError(f"not every request was answered: {dict(result.failures)}")
    return Run(
        requests_per_s=result.throughput_per_s,
        p99_s=result.latencies.percentile_ms(99) / 1000,
        cpu_s=result.cpu_share * load.duration_s,  # of what is measured: its start sends nothing
        lasted_s=load.duration_s,
    )


def _wrk(port: int, *, users: int = USERS) -> Run:
    argv = ["wrk", "-t1", f"-c{users}", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}/"]
    return _by_program(argv, r"99%\s+([\d.]+)(us|ms|s)")


def _hey(port: int, *, users: int = USERS) -> Run:
    argv = ["hey", "-z", f"{SECONDS}s", "-c", str(users), f"http://127.0.0.1:{port}/"]
    return _by_program(argv, r"99%+ in ([\d.]+) (s)ecs")


def _by_program(argv: list[str], pattern: str) -> Run:
    """Run a generator and read its output. Raises RuntimeError where that is not understood."""
    output: list[str] = []

    def run() -> None:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=WAIT_S, check=False)
        output.append(done.stdout + done.stderr)

    cpu_s = _used(run)
    p99, rate = re.search(pattern, output[0]), re.search(r"Requests/sec:\s+([\d.]+)", output[0])
    if not p99 or not rate:
        raise RuntimeError(f"{argv[0]} prints neither rate nor percentile:\n{output[0]}")
    seconds = float(p99[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[p99[2]]
    return Run(float(rate[1]), seconds, cpu_s, float(SECONDS))


def _used(act: Callable[[], object]) -> float:
    """Return the processor time, in seconds, of the processes that ran and ended meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

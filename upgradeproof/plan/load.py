"""Loads of a plan: what is sent to an endpoint, and what must hold under it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id

WorkerHost = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]*$")]
MIN_REPEATS = 6
"""Of n ratios without a bias the smallest and the largest contain the true one in 1 - 2^(1-n) of
all cases: no interval of resamples can promise 95 % with fewer than six."""


class Target(Model):
    """What must hold under a load; a missing key requires nothing."""

    success: float = Field(default=0.999, gt=0, le=1)
    """Share of the requests that must be successful."""
    p50_ms: PositiveFloat | None = None
    p95_ms: PositiveFloat | None = None
    p99_ms: PositiveFloat | None = None
    p99_ratio: float | None = Field(default=None, gt=1)
    """Limit of the 99th percentile, as a multiple of that in ``installed``."""
    throughput_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Lower limit of the answers in a second, as a share of those in ``installed``."""
    min_repeats: int = Field(default=MIN_REPEATS, ge=MIN_REPEATS)
    """Minimum of pairs of runs before a ratio is judged."""
    max_repeats: int = Field(default=2 * MIN_REPEATS, le=50)
    """Maximum of pairs, after which a ratio that noise still hides is not judged."""

    @property
    def limited(self) -> bool:
        """Return whether a latency has a limit in milliseconds."""
        return any(limit is not None for limit in (self.p50_ms, self.p95_ms, self.p99_ms))

    @property
    def compared(self) -> bool:
        """Return whether the new release is compared with the old."""
        return self.p99_ratio is not None or self.throughput_ratio is not None

    @model_validator(mode="after")
    def _max_is_not_below_min(self) -> Self:
        if self.max_repeats < self.min_repeats:
            raise ValueError("`max_repeats` is less than `min_repeats`")
        return self


class Load(Model):
    """Users, or requests at a fixed rate, at one endpoint: limited in number and in time."""

    id: Id
    locustfile: Annotated[str, Field(pattern=r"^[^/.][^,]*\.py$")]
    """A file of Locust's users: below the product's folder, or in ``fixtures/locustfiles``."""
    endpoint: Id
    """The endpoint that receives it: of any kind but ssh; over tcp by a client in the file."""
    model: Literal["closed", "open"]
    """``closed``: each user asks again when it was answered. ``open``: tasks arrive at a fixed
    rate, whether or not those before them were answered."""
    users: int = Field(ge=1, le=5000)
    """How many there are; in the open model: how many tasks may be in progress."""
    spawn_per_s: float = Field(default=100, gt=0)
    rate_per_s: float | None = Field(default=None, gt=0, le=10_000)
    """Arrivals in a second; goes with the open model, and only with it."""
    warm_up_s: float = Field(default=5, gt=0, le=300)
    """Not measured: until all users have started, and caches are filled."""
    duration_s: float = Field(gt=0, le=600)
    """How long is measured."""
    answer_timeout_s: float = Field(default=10, gt=0, le=60)
    """Limit of one task; what takes longer was not answered."""
    processes: int = Field(default=1, ge=1, le=64)
    """Processes of the generator on this host; never more than it has processors."""
    workers: tuple[WorkerHost, ...] = ()
    """Hosts on which the generator runs instead, as ssh knows them."""
    target: Target = Target()

    @model_validator(mode="after")
    def _the_rate_goes_with_the_open_model(self) -> Self:
        if (self.model == "open") != (self.rate_per_s is not None):
            raise ValueError('`rate_per_s` goes with model = "open", and only with it')
        return self

    @model_validator(mode="after")
    def _the_throughput_is_not_given(self) -> Self:
        if self.model == "open" and self.target.throughput_ratio is not None:
            raise ValueError("`throughput_ratio` goes with the closed model: the open one sets it")
        return self

    @model_validator(mode="after")
    def _everybody_is_there_when_it_is_measured(self) -> Self:
        needed_s = self.users / self.spawn_per_s
        if self.warm_up_s < needed_s:
            raise ValueError(
                f"the warm-up ends before all users have started: they take {needed_s:g} s"
            )
        return self

    @model_validator(mode="after")
    def _every_generator_has_a_user(self) -> Self:
        if self.workers and self.processes > 1:
            raise ValueError("`processes` run on this host: they can't be used with `workers`")
        if self.users < max(self.processes, len(self.workers)):
            raise ValueError("there are more processes or workers than users")
        return self

"""Verdicts of one run: a failure of the product or the generator, or not applicable."""

from __future__ import annotations

from typing import Any

from tests.unit.load.results import histogram, recording, result
from upgradeproof.load import Judgement, LoadResult, judge
from upgradeproof.plan import Target
from upgradeproof.results import Fidelity, Verdict

NATIVE = Fidelity(kernel="shared", execution="native")
KVM = Fidelity(kernel="own", execution="kvm")
TCG = Fidelity(kernel="own", execution="tcg")
TUNNELLED = Fidelity(kernel="shared", execution="native", engine="arm1", tunnel_ms=1.5)


def judged(found: LoadResult, fidelity: Fidelity = NATIVE, **target: Any) -> dict[str, Judgement]:
    judgements = judge(found, Target.model_validate(target), fidelity)
    return {judgement.target: judgement for judgement in judgements}


def verdicts(found: LoadResult, fidelity: Fidelity = NATIVE, **target: Any) -> dict[str, Verdict]:
    return {name: j.verdict for name, j in judged(found, fidelity, **target).items()}


def test_a_target_that_is_met_passes() -> None:
    found = judged(result([10] * 999, failures={"status 503": 1}), p99_ms=250)
    assert {name: j.verdict for name, j in found.items()} == {
        "success": Verdict.PASSED,
        "p99_ms": Verdict.PASSED,
    }
    assert found["success"].reason == (
        "99.9 % of 1000 requests were answered well, 99.9 % must be: 1 x status 503"
    )
    assert found["p99_ms"].reason == "10.0 ms, 250 ms are allowed"


def test_a_lost_request_is_never_rounded_away() -> None:
    found = judged(result([10] * 199_999, failures={"timed out": 1}))
    assert found["success"].reason.startswith("99.999 % of 200000 requests")


def test_a_target_that_is_missed_fails() -> None:
    latencies = [10] * 50 + [100] * 45 + [300] * 5
    found = result(latencies, failures={"timed out": 1})
    assert verdicts(found, p50_ms=20, p95_ms=50, p99_ms=250) == {
        "success": Verdict.FAILED,
        "p50_ms": Verdict.PASSED,
        "p95_ms": Verdict.FAILED,
        "p99_ms": Verdict.FAILED,
    }


def test_success_is_judged_even_if_the_plan_does_not_name_it() -> None:
    assert verdicts(result([1] * 99, failures={"timed out": 1})) == {"success": Verdict.FAILED}


def test_an_absolute_latency_is_judged_only_without_emulation() -> None:
    assert verdicts(result([10]), KVM, p99_ms=250)["p99_ms"] is Verdict.PASSED
    found = judged(result([10]), TCG, p99_ms=250)
    assert found["success"].verdict is Verdict.PASSED
    assert found["p99_ms"] == Judgement(
        target="p99_ms",
        verdict=Verdict.NOT_APPLICABLE,
        reason="10.0 ms, 250 ms are allowed; by tcg an absolute time proves nothing",
    )


def test_no_absolute_latency_is_judged_through_a_tunnel() -> None:
    found = judged(result([10]), TUNNELLED, p99_ms=250)
    assert found["success"].verdict is Verdict.PASSED
    assert found["p99_ms"] == Judgement(
        target="p99_ms",
        verdict=Verdict.NOT_APPLICABLE,
        reason="10.0 ms, 250 ms are allowed; through the tunnel to arm1 (1.5 ms) an absolute time"
        " proves nothing",
    )


def test_a_run_without_a_request_fails() -> None:
    found = judged(result(), p99_ms=250)
    assert {j.verdict for j in found.values()} == {Verdict.FAILED}
    assert {j.reason for j in found.values()} == {"no request was made: nothing was measured"}


def test_a_service_that_answers_nothing_fails_every_target() -> None:
    refused = result(failures={"Connection refused": 9000}, cpu_share=1.0)
    found = judged(refused, p99_ms=250)
    assert {j.verdict for j in found.values()} == {Verdict.FAILED}
    assert found["p99_ms"].reason == (
        "not one request was answered well: 9000 x Connection refused"
    )


def test_the_reason_names_the_more_frequent_kinds_of_failures() -> None:
    kinds = {"a": 1, "b": 5, "c": 3, "d": 4, "e": 1}
    assert judged(result(failures=kinds))["success"].reason == (
        "not one request was answered well: 5 x b, 4 x d, 3 x c, and 2 other kinds"
    )


def test_a_generator_that_could_not_keep_its_schedule_is_broken() -> None:
    slow = [900.0] * 100
    for found in (
        result(slow, cpu_share=0.99),
        result(slow, lag=histogram([200]).encode()),
        result(slow, errors={"KeyError: 'x'": 1}),
        LoadResult(generators=2, recordings=(recording(slow),)),
    ):
        judgements = judged(found, p99_ms=250)
        assert {j.verdict for j in judgements.values()} == {Verdict.BROKEN}
        assert {j.reason for j in judgements.values()} == {found.broken_reason}

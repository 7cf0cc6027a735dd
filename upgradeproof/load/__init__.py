"""Load: sent by Locust in a process of its own, counted without gaps, judged with its noise."""

from upgradeproof.load.comparison import Comparison, Outcome, compare
from upgradeproof.load.generator import Aim, extras_of, find_locustfile, send, unstrained
from upgradeproof.load.histogram import Histogram
from upgradeproof.load.judging import Judgement, judge
from upgradeproof.load.measured import measured, unmeasured
from upgradeproof.load.pairs import Pair, judge_pairs, take_turns
from upgradeproof.load.result import LoadResult, Recording
from upgradeproof.results import Verdict

__all__ = [
    "Aim",
    "Comparison",
    "Histogram",
    "Judgement",
    "LoadResult",
    "Outcome",
    "Pair",
    "Recording",
    "Verdict",
    "compare",
    "extras_of",
    "find_locustfile",
    "judge",
    "judge_pairs",
    "measured",
    "send",
    "take_turns",
    "unmeasured",
    "unstrained",
]

"""Pictures of a page: reproducible bytes, no ids or styles, no text that is not escaped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from tests.unit.render import measured
from upgradeproof.render.pictures import curves, heat, svg
from upgradeproof.render.pictures.heat import levels
from upgradeproof.results import Availability
from upgradeproof.results.load import HeatMap, HeatSpot, LatencyPoint, StepMark

HOSTILE = '</svg><script>alert(1)</script>$\\frac{1}$ " onload="x" \x00\x1b[31m\ufffe\u202e 服务'
SEEN = measured.availability()[0]
VISITORS = [one for one in measured.loads() if one.load == "visitors"]
PAPERS = ("#faf9f6", "#121416")
"""--paper of theme.css, light and dark."""


def drawn(picture: Markup | None) -> ET.Element:
    assert picture is not None
    return ET.fromstring(picture)


def texts(picture: Markup | None) -> list[str]:
    return [element.text or "" for element in drawn(picture).iter("text")]


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", svg.COLOURS.values(), ids=svg.COLOURS)
def test_every_colour_has_enough_contrast_on_light_and_dark_background(colour: str) -> None:
    theme = Path(svg.__file__).parents[1] / "templates" / "theme.css"
    assert set(re.findall(r"--paper: (#\w+);", theme.read_text())) == set(PAPERS)
    assert min(contrast(colour, paper) for paper in PAPERS) >= 3


@pytest.mark.parametrize("picture", [curves(VISITORS), heat(SEEN)], ids=["curves", "heat"])
def test_a_picture_has_no_ids_and_no_content_that_the_policy_forbids(
    picture: Markup | None,
) -> None:
    root = drawn(picture)
    assert {element.tag for element in root.iter()} == {"svg", "path", "text"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not names & {"id", "style", "href", "clip-path"}
    assert "url(" not in (picture or "")
    colours = {element.get(key) for element in root.iter() for key in ("fill", "stroke")}
    assert colours <= {None, "none", "currentColor", *svg.COLOURS.values()}


@pytest.mark.parametrize("picture", [curves(VISITORS), heat(SEEN)], ids=["curves", "heat"])
def test_a_picture_has_a_description_for_screen_readers(picture: Markup | None) -> None:
    root = drawn(picture)
    assert root.get("role") == "img"
    assert "longest downtime 3.2 s" in root.get("aria-label", "") or (
        "upgraded: 50 % within 9.1 ms, 99 % within 17.8 ms" in root.get("aria-label", "")
    )


def test_equal_results_give_equal_bytes() -> None:
    assert curves(VISITORS) == curves(VISITORS)
    assert heat(SEEN) == heat(SEEN)


def test_the_curves_have_their_states_and_percentiles() -> None:
    drawn_texts = texts(curves(VISITORS))
    for text in ("installed", "upgraded", "rolled back", "50 %", "90 %", "99 %", "99.9 %", "20 ms"):
        assert text in drawn_texts


def test_the_scale_of_percentiles_is_logarithmic() -> None:
    root = drawn(curves(VISITORS))
    at = {e.text: float(e.get("x", "")) for e in root.iter("text") if (e.text or "").endswith("%")}
    ten_times = at["99 %"] - at["90 %"]
    assert at["99.9 %"] - at["99 %"] == pytest.approx(ten_times, abs=0.1)
    assert at["90 %"] - at["50 %"] == pytest.approx(0.699 * ten_times, rel=0.01)


def test_every_curve_is_inside_its_picture() -> None:
    """The slowest of all answers is at 100 %, which a logarithmic scale does not contain."""
    root = drawn(curves(VISITORS))
    width, height = (float(size) for size in root.get("viewBox", "").split()[2:])
    for path in root.iter("path"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path.get("d", ""))]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])


@pytest.mark.parametrize(
    "changes",
    [{"curve": ()}, {"problem": "too busy"}, {"curve": (LatencyPoint(percent=50, ms=0),)}],
    ids=["no curve", "broken", "no time"],
)
def test_where_there_is_no_curve_there_is_no_picture(changes: dict[str, object]) -> None:
    assert curves([one.model_copy(update=changes) for one in VISITORS]) is None


def test_one_answer_is_drawn() -> None:
    point = LatencyPoint(percent=100, ms=10)
    one = VISITORS[0].model_copy(update={"answered": 1, "curve": (point,)})
    assert {"10 ms", "20 ms"} <= set(texts(curves([one])))


def test_the_map_has_steps_connections_and_seconds() -> None:
    drawn_texts = texts(heat(SEEN))
    for text in ("apt-get update", "step 4", "down, kept", "down, new", "lost", "0 s", "50 s"):
        assert text in drawn_texts
    assert "apt-get install --only-upgrade lighthouse-agent lig…" in drawn_texts


def test_a_prober_without_requests_has_no_map() -> None:
    assert heat(measured.availability()[1]) is None


def test_a_map_may_have_no_steps_and_connections() -> None:
    assert "lost" in texts(heat(SEEN.model_copy(update={"connections": (), "steps": ()})))


def test_adjacent_spots_are_one_field_and_lost_ones_are_separate() -> None:
    spots = [HeatSpot(column=column, row=0, count=1) for column in (0, 1)]
    lost = HeatSpot(column=3, row=2, count=9)
    found = HeatMap(column_s=1, columns=4, rows_ms=(1.0, 10.0), spots=(*spots, lost))
    seen = SEEN.model_copy(update={"heat": found, "connections": (), "steps": (), "duration_s": 4})
    paths = list(drawn(heat(seen)).iter("path"))
    left, width = 90, 787.5
    for name, begin, end in (("upgraded", 0, 1 / 2), ("lost", 3 / 4, 1)):
        path = next(p.get("d", "") for p in paths if p.get("fill") == svg.COLOURS[name])
        places = sorted({float(x) for x in re.findall(r"[ML] (\S+)", path)})
        assert places == pytest.approx([left + begin * width, left + end * width], abs=0.01)


@pytest.mark.parametrize(
    ("maximum", "bounds"),
    [(1, (1,)), (2, (2,)), (4, (2, 3, 4)), (20, (3, 5, 10, 20)), (10_000, (10, 100, 1000, 10_000))],
)
def test_shades_follow_a_scale_of_factors(maximum: int, bounds: tuple[int, ...]) -> None:
    assert levels(maximum) == bounds


def hostile(seen: Availability) -> Availability:
    step = StepMark(title=HOSTILE, began_s=1, ended_s=2)
    return seen.model_copy(update={"steps": (step,), "endpoint": HOSTILE})


def test_hostile_text_is_text_and_no_formula() -> None:
    shown = '</svg><script>alert(1)</script>$\\frac{1}$ " onload=…'
    assert shown in texts(heat(hostile(SEEN)))
    assert "<script" not in (heat(hostile(SEEN)) or "")
    one = VISITORS[0].model_copy(update={"state": HOSTILE})
    assert shown in texts(curves([one]))


@pytest.mark.parametrize("text", [HOSTILE, "a\nb\tc", "\udcff", "x" * 500])
def test_a_name_is_one_short_printable_line(text: str) -> None:
    assert svg.name(text).isprintable()
    assert len(svg.name(text)) <= svg.MAX_CHARACTERS


def test_a_picture_needs_no_home_and_no_settings_of_a_user(tmp_path: Path) -> None:
    """An unusual matplotlibrc and a read-only home do not change a byte."""
    (tmp_path / "matplotlibrc").write_text("font.size: 40\nsvg.fonttype: path\nbackend: TkAgg\n")
    script = (
        "from tests.unit.render.measured import availability\n"
        "from upgradeproof.render.pictures import heat\n"
        "import sys; sys.stdout.buffer.write(heat(availability()[0]).encode())"
    )
    home = {
        "HOME": "/dev/null/home",
        "XDG_CACHE_HOME": "/dev/null/cache",
        "XDG_CONFIG_HOME": "/dev/null/c",
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MPL")} | home
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.decode() == heat(SEEN)


def test_matplotlib_is_imported_only_where_there_is_something_to_draw(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.render.test_summary import small_run\n"
        "from upgradeproof.render import every_format\n"
        f"for each in every_format().values(): each.write(small_run(), Path({str(tmp_path)!r}))\n"
        "sys.exit('matplotlib' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", script], env=environment, timeout=120, check=True)

"""The findings of the preflight and the support graph, on the page and in the summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.render.evidence import FINDINGS, SUPPORT
from tests.unit.render.reading import Page
from upgradeproof.render.formats.markdown import summary
from upgradeproof.render.preflight import gather
from upgradeproof.render.support import Node, mermaid, trees
from upgradeproof.results import Cell, Component, Finding, Release, Run, State

GRAPH = """\
graph LR
  r1(["lighthouse 1.2.8"])
  r1c1["NGINX 1.21.3<br/>1.21.1 to 1.21.9"]
  r1c2["OpenSSL 1.1.1k"]
  r1c3["Redis 6.2.0"]
  r1c4["RedisGears 1.4.8"]
  r1c5["etcd 3.5.2<br/>3.5.0 to 3.5.4"]
  r1c6["etcd raft 0.45.0"]
  r1 --> r1c1
  r1 --> r1c3
  r1 --> r1c5
  r1c1 --> r1c2
  r1c3 --> r1c4
  r1c5 --> r1c6"""


def run_of(*cells: tuple[Finding, ...], releases: tuple[Release, ...] = ()) -> Run:
    return Run(
        run_id="run1",
        started_at="",
        upgradeproof="0.1.0",
        releases=releases,
        cells=tuple(
            Cell(
                id=f"cell-{number}",
                platform="debian-12.vm",
                upgrade="thing-1-to-2",
                product="thing",
                states=(State(name="upgraded", findings=findings),),
            )
            for number, findings in enumerate(cells, 1)
        ),
    )


INHIBITOR, HIGH, INFO = FINDINGS


def test_a_finding_of_several_cells_is_listed_once_sorted_by_severity() -> None:
    found = gather(run_of((INFO, HIGH), (HIGH,), (INHIBITOR, HIGH)))
    assert [(each.finding, [cell.id for cell in each.cells]) for each in found] == [
        (INHIBITOR, ["cell-3"]),
        (HIGH, ["cell-1", "cell-2", "cell-3"]),
        (INFO, ["cell-1"]),
    ]


def test_the_summary_has_title_meaning_remedy_and_decision() -> None:
    text = summary(run_of((INHIBITOR, HIGH)))
    assert text.partition("### Preflight\n")[2] == (
        "\n- **inhibitor**: E1102 NGINX 1.22.1-9 is not a version that 1.2.8 allows, on 1 cell:"
        " cell-1  \n"
        "  1.2.8 allows 1.21.1 to 1.21.9. Outside this range, queue management module breaks.  \n"
        "  To do: apt-get install --allow-downgrades 'nginx=1.21.3\\*'\n"
        "\n- **high**: E1203 2 processor cores, where 4 are required, on 1 cell: cell-1  \n"
        "  With less, the new release is not supported.  \n"
        "  To do: give the machine 8 processor cores  \n"
        "  Accepted: test machines share a small host\n"
    )


def test_the_summary_draws_the_support_graph() -> None:
    text = summary(run_of(releases=(SUPPORT,)))
    assert text.endswith(f"### Support graph\n\n```mermaid\n{GRAPH}\n```\n")


def test_a_name_is_escaped_in_its_label() -> None:
    part = Component(name='a"]; click b "x"', allowed="```\n<script>")
    (label,) = (
        line
        for line in mermaid([Release(product="p", name="1", components=(part,))]).splitlines()
        if "r1c1[" in line
    )
    assert label == ('  r1c1["a#34;#93;#59; click b #34;x#34;<br/>#96;#96;#96;#10;#60;script#62;"]')


def plain(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {node.component.name: plain(node.below) for node in nodes}


def test_the_tree_holds_what_each_component_needs() -> None:
    (tree,) = trees(run_of(releases=(SUPPORT,)))
    assert plain(tree.below) == {
        "NGINX": {"OpenSSL": {}},
        "Redis": {"RedisGears": {}},
        "etcd": {"etcd raft": {}},
    }


@pytest.mark.parametrize("needs", [("a",), ("gone",)], ids=["itself", "nothing that is there"])
def test_the_tree_of_an_unusual_graph_is_finite(needs: tuple[str, ...]) -> None:
    parts = (Component(name="top", needs=("a",)), Component(name="a", needs=needs))
    release = Release(product="p", name="1", components=parts)
    (tree,) = trees(run_of(releases=(release,)))
    assert plain(tree.below) == {"top": {"a": {}}}
    assert mermaid([release]).startswith("graph LR\n")


def test_the_tree_contains_the_versions_that_the_run_found() -> None:
    run = run_of((), (), releases=(SUPPORT,))
    met = [
        State(name="upgraded", release="1.2.8", components={"NGINX": version})
        for version in ("1.21.9-1", "1.21.3-1")
    ]
    cells = tuple(
        cell.model_copy(update={"product": "lighthouse", "states": (state,)})
        for cell, state in zip(run.cells, met, strict=True)
    )
    (tree,) = trees(run.model_copy(update={"cells": cells}))
    assert [(node.component.name, node.found) for node in tree.below] == [
        ("NGINX", ("1.21.3-1", "1.21.9-1")),
        ("Redis", ()),
        ("etcd", ()),
    ]


def test_the_page_holds_findings_and_graph_without_any_script(page: str) -> None:
    texts = [text.strip() for _, text in Page(page).texts]
    for text in ("Preflight", "Support graph", "RedisGears", "allowed: 1.21.1 to 1.21.9 · E1102"):
        assert text in texts
    assert "2 processor cores, where 4 are required" in texts


def test_a_cell_lists_its_own_findings(page: str, run: Run) -> None:
    index = next(i for i, c in enumerate(run.cells) if c.upgrade == "lighthouse-1.2.7-to-1.2.8")
    listed = Page(page).data(f"cell-{index}")["findings"]
    assert listed == [finding.model_dump() for finding in FINDINGS[1:]]


def test_a_run_without_findings_has_no_section_for_them(tmp_path: Path) -> None:
    assert "Preflight" not in summary(run_of(()))

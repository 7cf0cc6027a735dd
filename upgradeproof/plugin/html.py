"""Columns of our own in pytest-html's report: cell, state and verdict."""

from __future__ import annotations

from html import escape

import pytest

COLUMNS = ("cell", "state", "verdict")


class HtmlColumns:
    """Fill pytest-html's hooks; registered only where that plugin is there."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Put our columns before the links."""
        for offset, name in enumerate(COLUMNS):
            cells.insert(2 + offset, f'<th class="sortable" data-column-type="{name}">{name}</th>')

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(
        self, report: pytest.TestReport | pytest.CollectReport, cells: list[str]
    ) -> None:
        """Fill them from the report's properties; a collection that failed has none."""
        properties = dict(getattr(report, "user_properties", ()))
        for offset, name in enumerate(COLUMNS):
            text = escape(str(properties.get(name, "")))
            cells.insert(2 + offset, f'<td class="col-{name}">{text}</td>')

"""Composition root of the suites: which fixtures they use. The engine comes by its entry point."""

pytest_plugins = [
    "fixtures.expectations",
    "fixtures.in_use",
    "fixtures.kernels",
    "fixtures.outages",
    "fixtures.preflight",
    "fixtures.under_load",
]

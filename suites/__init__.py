"""The generic suites: what must hold after an upgrade, whatever the product."""

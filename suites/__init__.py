"""The generic suites: what must hold after any upgrade. `upgradeproof.suites` when installed."""

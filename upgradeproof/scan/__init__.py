"""The security scan: what the facts of upgraded machines show, without a machine."""

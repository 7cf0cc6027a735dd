"""Release sign-off: policy, waivers, comparison, decision, and its evidence."""

"""Prometheus servers: they scrape the agent's metrics."""

from locust import FastHttpUser, task


class Prometheus(FastHttpUser):
    """Scrape one port."""

    @task
    def scrape(self) -> None:
        """GET all metrics of one port."""
        self.client.get("/metrics")

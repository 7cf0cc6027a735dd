"""Clients of Lighthouse's API: they read one item, whether or not the one before was answered."""

from locust import FastHttpUser, task


class Client(FastHttpUser):
    """Read an item."""

    @task
    def read_an_item(self) -> None:
        """GET what was written before the upgrade."""
        self.client.get("/api/v1/items/greeting")

"""Clients of Lighthouse's API: they read one item, at a rate that does not depend on answers."""

from locust import FastHttpUser, task


class Client(FastHttpUser):
    """Read an item."""

    @task
    def read_an_item(self) -> None:
        """GET the item that was written before the upgrade."""
        self.client.get("/api/v1/items/greeting")

"""Customers of Lighthouse: they read and write items, the status of the node, and its backend."""

from locust import FastHttpUser, between, task


class Customer(FastHttpUser):
    """Use every part of the API, with the frequency of each part in production."""

    wait_time = between(2, 6)

    @task(8)
    def read_an_item(self) -> None:
        """GET the item that was written before the upgrade."""
        self.client.get("/api/v1/items/greeting")

    @task(4)
    def read_the_status(self) -> None:
        """GET the status of the node."""
        self.client.get("/api/v1/status")

    @task(2)
    def ask_the_backend(self) -> None:
        """GET an answer of the backend; a degraded answer counts as a failure here."""
        with self.client.get("/api/v1/upstream/nodes.json", catch_response=True) as answer:
            if '"degraded": false' not in (answer.text or ""):
                answer.failure("the answer is degraded: the backend did not answer")

    @task
    def write_an_item(self) -> None:
        """PUT an item, which the agent writes to the disk before it answers."""
        self.client.put("/api/v1/items/load", data=b"x" * 1000)

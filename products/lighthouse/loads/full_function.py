"""Customers of Lighthouse: they read and write items, look at the node, and ask its backend."""

from locust import FastHttpUser, between, task


class Customer(FastHttpUser):
    """Do all that the API offers, most often what is done most often."""

    wait_time = between(2, 6)

    @task(8)
    def read_an_item(self) -> None:
        """GET what was written before the upgrade."""
        self.client.get("/api/v1/items/greeting")

    @task(4)
    def look_at_the_node(self) -> None:
        """GET the state of the node."""
        self.client.get("/api/v1/status")

    @task(2)
    def ask_the_backend(self) -> None:
        """GET what the backend says; an answer without it is a failure here."""
        with self.client.get("/api/v1/upstream/nodes.json", catch_response=True) as answer:
            if '"degraded": false' not in (answer.text or ""):
                answer.failure("the backend was not asked")

    @task
    def write_an_item(self) -> None:
        """PUT an item, which is on the disk when the answer comes."""
        self.client.put("/api/v1/items/load", data=b"x" * 1000)

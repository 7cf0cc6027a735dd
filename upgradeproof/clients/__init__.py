"""Clients that a machine has itself: they ask a service from inside, as its own programs would.

The scripts run on the machine, as root or as a user, and print what came back; their callers
interpret it.
"""

from upgradeproof.clients.dns import dns_query, dns_text, transferred
from upgradeproof.clients.streams import complaints, raw_script, tls_script
from upgradeproof.clients.web import CLIENTS, HttpQuestion, https_script, parse_response

__all__ = [
    "CLIENTS",
    "HttpQuestion",
    "complaints",
    "dns_query",
    "dns_text",
    "https_script",
    "parse_response",
    "raw_script",
    "tls_script",
    "transferred",
]

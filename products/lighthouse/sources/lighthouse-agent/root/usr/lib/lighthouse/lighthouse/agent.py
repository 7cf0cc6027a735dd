"""The agent: reads its configuration, loads its library, and serves until it receives SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path

from lighthouse import configuration, environment, web
from lighthouse.alerts import Alerts
from lighthouse.api import Api
from lighthouse.backend import Backend
from lighthouse.configuration import Configuration, ConfigurationError
from lighthouse.library import Library, LibraryError
from lighthouse.release import VERSION
from lighthouse.store import Store

STATE = Path("/var/lighthouse")
LOG = Path("/var/log/lighthouse/agent.log")

log = logging.getLogger(__name__)


def main() -> int:
    """Run the agent; an error that prevents its start is printed as one line."""
    try:
        _log_to(LOG)
        config = configuration.load()
        logging.getLogger().setLevel(config.text("log.level").upper())
        api = _api(config, Library())
        asyncio.run(_serve(config, api))
    except ConfigurationError as error:
        return _fail(f"E1001: configuration conflict: {error}")
    except (LibraryError, OSError) as error:
        return _fail(str(error))
    return 0


def _fail(why: str) -> int:
    """Write the reason to the log and to stderr; `<3>` makes it an error in systemd's journal."""
    log.error("%s", why)
    mark = "<3>" if "JOURNAL_STREAM" in os.environ else ""
    sys.stderr.write(f"{mark}{why}\n")
    return 1


def _log_to(path: Path) -> None:
    """Log to a file; it is opened again when logrotate has moved it away."""
    handler = WatchedFileHandler(path, encoding="utf-8")
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=[handler], format=form)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _api(config: Configuration, library: Library) -> Api:
    quota_bytes = config.number("store.quota_mb") * 1_000_000
    node = environment.value(os.environ, "NODE_NAME") or socket.gethostname()
    url, alerts = config.text("backend.url"), Alerts(config.text("alert.webhook"))
    return Api(
        store=Store(STATE / "items", quota_bytes, library.checksum),
        library_version=library.version,
        node=node,
        zone=environment.value(os.environ, "ZONE"),
        backend=Backend(url, alerts, node) if url else None,
    )


async def _serve(config: Configuration, api: Api) -> None:
    """Listen on every port, notify systemd, and serve until SIGTERM."""
    listeners = (
        ("api.listen", "api.port", api.handle),
        ("metrics.listen", "metrics.agent_port", api.agent_metrics),
        ("metrics.listen", "metrics.store_port", api.store_metrics),
    )
    servers = [
        await web.serve(config.text(host), config.number(port), handler)
        for host, port, handler in listeners
    ]
    if config.text("tls.certificate"):
        host, port = config.text("api.listen"), config.number("tls.port")
        servers.append(await web.serve(host, port, api.handle, _tls(config)))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    log.info("Lighthouse %s serves on port %s", VERSION, config.text("api.port"))
    _notify_systemd("READY=1")
    await ended.wait()
    log.info("Lighthouse %s stops", VERSION)
    for server in servers:
        server.close()


def _tls(config: Configuration) -> ssl.SSLContext:
    """Return the server's side of TLS. Raises ConfigurationError with the certificate's path."""
    certificate, key = config.text("tls.certificate"), config.text("tls.key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key or None)
    except OSError as error:
        raise ConfigurationError(
            f"{certificate} with the key {key} can't be used: {error}"
        ) from None
    return context


def _notify_systemd(what: str) -> None:
    """Send one message to systemd, if systemd started the agent."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(what.encode(), address)

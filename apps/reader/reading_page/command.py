"""The command line: what is asked, checked and started."""

from __future__ import annotations

import argparse
import logging
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from mammo_monai.errors import MammoError
from mammo_monai.notice import NOTICE
from reading_page.access import is_loopback
from reading_page.app import create_app
from reading_page.desk import Desk
from reading_page.folders import Root
from reading_page.imports import ALONE
from reading_page.model import Model
from reading_page.pictures import Pictures
from reading_page.readings import Readings
from reading_page.scans import Scans

if TYPE_CHECKING:
    from mammo_monai.inference.predictor import Predictor


def run(args: Sequence[str]) -> int:
    """Serve the page until Ctrl-C.

    Returns:
        0, or 1 after one line on standard error: a folder, a file or an address that cannot be used, or a bundle that
        cannot be loaded (which is known some seconds after the start).
    """
    options = _parser().parse_args(args)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        return _serve(options)
    except MammoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python apps/reader",
        description="A page to read mammograms beside a bundle's result.",
        epilog=NOTICE,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle; its configs are code")
    parser.add_argument("--weights", default="", help="weights other than the bundle's models/model.pt")
    parser.add_argument("--weights_sha256", default="", help="what the weights must have")
    parser.add_argument("--engine", default="torch", help="what runs the network")
    parser.add_argument("--folder", type=Path, default=Path(), help="exams below it can be opened, nothing else")
    parser.add_argument("--readings", type=Path, default=Path("readings.csv"), help="table of the readers' categories")
    parser.add_argument("--blind", action="store_true", help="show a result only to who has saved a reading")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; others than loopback need a token")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--token", default="", help="what browsers must know; one is made where it is needed")
    return parser


def _serve(options: argparse.Namespace) -> int:
    root, readings = Root.at(options.folder), Readings(options.readings)
    token = options.token or ("" if is_loopback(options.host) else secrets.token_urlsafe(24))
    listening = _bound(options.host, options.port)
    shown_host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"http://{shown_host}:{listening.getsockname()[1]}/"
    print(f"{NOTICE}\nexams below {root.path}, readings in {readings.path}\nloading the bundle ...", flush=True)

    failures: list[MammoError] = []
    started: list[uvicorn.Server] = []

    def failed(error: MammoError) -> None:
        failures.append(error)
        for server in started:
            server.should_exit = True

    model = Model(lambda: _predictor(options), failed)
    desk = Desk(root, Scans(root), Pictures(), model, readings, options.blind)
    app = create_app(desk, host=options.host, token=token)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none"))
    started.append(server)
    if failures:
        raise failures[0]
    print(f"{address}{f'?token={token}' if token else ''}", flush=True)
    server.run(sockets=[listening])
    if failures:
        raise failures[0]
    return 0


def _predictor(options: argparse.Namespace) -> Predictor:
    with ALONE:
        from mammo_monai.inference.predictor import Predictor

    given: dict[str, Any] = {"weights": options.weights} if options.weights else {}
    given |= {} if options.engine == "torch" else {"engine": options.engine}
    return Predictor(options.bundle, weights_sha256=options.weights_sha256, **given)


def _bound(host: str, port: int) -> socket.socket:
    """A socket on the address; taken before anything slow, so that a wrong address is known at once."""
    if not 0 <= port < 1 << 16:  # the resolver would take another one
        raise MammoError(f"option --port: expected a number up to {(1 << 16) - 1}, found {port}", "usage")
    try:
        kind, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(kind, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise MammoError(
            f"{host}:{port}: cannot listen there ({why}); choose another --host or --port", "address"
        ) from None
    return listening

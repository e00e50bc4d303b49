"""The reading page on a thread of its own, over a small bundle and phantoms."""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "apps" / "reader"))


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three exams of 512 x 416 pixels; read-only for tests."""
    from mammo_monai.phantom import write_phantoms

    return write_phantoms(tmp_path_factory.mktemp("films") / "set", 3, 3, rows=512, cols=416)


@pytest.fixture(scope="session")
def bundle(small_bundle: Callable[..., Path]) -> Path:
    """A bundle with small random weights, their card, and a decision."""
    from mammo_monai.evaluation.decisions import storage
    from mammo_monai.evaluation.decisions.decision import Decision
    from mammo_monai.evaluation.operating import OperatingPoint
    from mammo_monai.networks.checkpoints import sha256

    folder = small_bundle()
    weights = folder / "models" / "model.pt"
    points = (OperatingPoint("045", "sensitivity", 0.9, 0.3, 0.9, 0.5),)
    # A margin that some images reach and some do not: both a class and abstention are shown.
    storage.write(Decision(sha256(weights), ("045", "1", "23"), 1.5, 0.08, points, 100), weights)
    return folder


@pytest.fixture(scope="session")
def model(bundle: Path) -> Any:
    """The model, loaded."""
    from reading_page.model import Model

    from mammo_monai.inference.predictor import Predictor

    made = Model(lambda: Predictor(bundle, device="cpu"))
    while made.state()["state"] == "loading":
        time.sleep(0.05)
    assert made.state()["state"] == "ready", made.state()
    return made


class Page:
    """Asks a page as its own script does."""

    def __init__(self, port: int, desk: Any) -> None:
        self.port, self.desk = port, desk
        self.address = f"http://127.0.0.1:{port}/"
        self.key = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, content (of JSON as it is) and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, content, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(data) if "json" in answer.headers.get_content_type() else data, answer.headers

    def get(self, path: str) -> Any:
        status, content, _ = self.ask("GET", path)
        assert status == 200, content
        return content

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        if not self.key:
            self.key = re.search(r'name="key" content="([^"]+)"', self.get("/").decode())[1]
        return self.ask("POST", path, body, X_Reading_Page=self.key)[:2]

    def scan(self, path: str = "") -> tuple[str, Any]:
        """Address of a scan that is done, and what it found."""
        status, content = self.post("/api/scans", {"path": path})
        assert status == 200, content
        address = f"/api/scans/{content['scan']}"
        while (found := self.get(address))["state"] == "running":
            time.sleep(0.02)
        return address, found

    def patiently(self, path: str) -> tuple[int, Any, Any]:
        while (answer := self.ask("GET", path))[0] == 202:
            pass
        return answer


@pytest.fixture
def serve(model: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Factory of a page over a folder."""
    import uvicorn
    from reading_page.app import create_app
    from reading_page.desk import Desk
    from reading_page.folders import Root
    from reading_page.pictures import Pictures
    from reading_page.readings import Readings
    from reading_page.scans import Scans

    running = []

    def start(folder: Path, *, blind: bool = False, model: Any = model, **options: str) -> Page:
        root = Root.at(folder)
        desk = Desk(root, Scans(root), Pictures(), model, Readings(tmp_path / "readings.csv"), blind)
        config = uvicorn.Config(create_app(desk, **options), port=0, log_level="critical", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return Page(server.servers[0].sockets[0].getsockname()[1], desk)

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(10)

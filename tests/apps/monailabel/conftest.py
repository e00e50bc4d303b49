"""The app, a bundle with small weights, phantoms as a hospital keeps them, and servers in processes of their own.

Everything here needs the environment of the extra ``label`` (``make test-label``); elsewhere all of it is skipped.
"""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = importlib.util.find_spec("monailabel") is not None
APP = Path(__file__).resolve().parents[3] / "apps" / "monailabel"
MODEL = "birads_classifier"
ORTHANC = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_UP = 120
"""Seconds a server may take: it imports MONAI."""

if HERE:
    sys.path.insert(0, str(APP))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not HERE:
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="MONAI Label has an environment of its own: make test-label"))


@pytest.fixture(scope="session")
def bundle(small_bundle: Callable[..., Path]) -> Path:
    """A bundle of its own, which no test changes."""
    return small_bundle()


@pytest.fixture(scope="session")
def label_phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve exams of 160x128 pixels, enough for three classes in three sections."""
    from mammo_monai.phantom import write_phantoms

    return write_phantoms(tmp_path_factory.mktemp("phantoms") / "set", 12, 3, rows=160, cols=128)


@pytest.fixture(scope="session")
def truth(label_phantoms: Path) -> list[dict[str, str]]:
    """A row per image: study_id, image_id, laterality, view_position, breast_birads."""
    with (label_phantoms / "breast-level_annotations.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Server:
    """A running server, asked over HTTP."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url, self.process, self.log = f"http://127.0.0.1:{port}", process, log

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """The response, whatever its status."""
        import requests

        return requests.request(method, self.url + path, timeout=300, **arguments)

    def get(self, path: str, **arguments: Any) -> Any:
        """Plain data of a GET that is answered with 200."""
        return _plain(self.ask("GET", path, **arguments))

    def post(self, path: str, params: dict[str, Any] | None = None, **arguments: Any) -> Any:
        """Plain data of a POST that is answered with 200."""
        return _plain(self.ask("POST", path, params=params, **arguments))

    def infer(self, image: str, **options: Any) -> Any:
        """The result of an image."""
        return self.post(f"/infer/{MODEL}", {"image": image, "output": "json"}, data={"params": json.dumps(options)})

    def submit(self, image: str, **label: str) -> Any:
        """The response to a label."""
        files = {"label": ("label.json", json.dumps(label))}
        return self.ask("PUT", "/datastore/label", params={"image": image}, files=files)

    def trained(self, seconds: float = 240) -> dict[str, Any]:
        """The last training task when it is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            task = self.get("/train/")
            if task["status"] not in ("SUBMITTED", "RUNNING"):
                return task
            time.sleep(0.5)
        raise AssertionError(f"the round is not over after {seconds} s")


def _plain(response: Any) -> Any:
    assert response.status_code == 200, f"{response.status_code}: {response.text[:2000]}"
    return response.json()


def free_port() -> int:
    """A port of the loopback interface that nobody uses just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended at last."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command(studies: str, bundle: Path, port: int, *more: str) -> list[str]:
    """What ``monailabel start_server`` runs."""
    conf = ["--conf", "models", MODEL, "--conf", "bundle", str(bundle), "--conf", "device", "cpu"]
    run = [sys.executable, "-m", "monailabel.main", "start_server", "--app", str(APP), "--studies", studies]
    return [*run, *conf, "--host", "127.0.0.1", "--port", str(port), *more]


def environment(**more: str) -> dict[str, str]:
    """Of a server: no scoring by itself, so that nothing works beside a test."""
    python = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **python, "MONAI_LABEL_AUTO_UPDATE_SCORING": "false", **more}


Start = Callable[..., contextlib.AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Function that starts a server of a store and a bundle, and waits for it."""

    @contextlib.contextmanager
    def started(studies: str, bundle: Path, **more: str) -> Iterator[Server]:
        import requests

        port, log = free_port(), tmp_path_factory.mktemp("server") / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command(studies, bundle, port), stdout=out, stderr=out, env=environment(**more), cwd=log.parent
            )
        with ended(process):
            until = time.monotonic() + START_UP
            while time.monotonic() < until:
                assert process.poll() is None, log.read_text()[-3000:]
                with contextlib.suppress(requests.ConnectionError):
                    requests.get(f"http://127.0.0.1:{port}/info/", timeout=60).raise_for_status()
                    break
                time.sleep(0.2)
            yield Server(port, process, log)

    return started


@pytest.fixture(scope="session")
def orthanc(
    label_phantoms: Path, tmp_path_factory: pytest.TempPathFactory, needs: Callable[..., None]
) -> Iterator[str]:
    """Address of a PACS that holds the phantoms and one object of another modality; no DIMSE, loopback only."""
    import pydicom
    import requests

    needs("Orthanc with its DICOMweb plugin", ORTHANC, DICOMWEB.exists())
    folder, port = tmp_path_factory.mktemp("orthanc"), free_port()
    config = {
        "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "storage"),
        "HttpPort": port, "HttpBindAddresses": ["127.0.0.1"], "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "DicomServerEnabled": False,
        "Plugins": [str(DICOMWEB)], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    with (folder / "log.txt").open("wb") as out:
        process = subprocess.Popen([ORTHANC, str(folder / "config.json")], stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    with ended(process):
        for _ in range(300):
            try:
                requests.get(f"{url}/system", timeout=5).raise_for_status()
                break
            except requests.RequestException:
                assert process.poll() is None, (folder / "log.txt").read_text()
                time.sleep(0.1)
        files = sorted(label_phantoms.rglob("*.dicom"))
        other = pydicom.dcmread(files[0])
        other.Modality, other.SOPInstanceUID, other.SeriesInstanceUID = "CT", "2.25.11", "2.25.12"
        other.file_meta.MediaStorageSOPInstanceUID = "2.25.11"
        other.save_as(folder / "ct.dcm")
        for file in [*files, folder / "ct.dcm"]:
            requests.post(f"{url}/instances", data=file.read_bytes(), timeout=30).raise_for_status()
        yield f"{url}/dicom-web"

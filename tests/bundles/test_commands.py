"""The commands of the README as processes: a real tracking server, a real browser, a real Ctrl-C, two processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

pytestmark = pytest.mark.slow
SMALL = """
--weights none --backbone resnet18 --spatial_size 64 --batch_size 8 --num_workers 0 --max_epochs 2
""".split()


@pytest.fixture
def command(bundle, phantoms, tmp_path):
    """Function that makes the training command line, to be run from anywhere."""

    def make(*options: str, config: str | None = None, launcher: tuple[str, ...] = (sys.executable,)) -> list[str]:
        configs = bundle / "configs"
        return [
            *launcher, "-m", "monai.bundle", "run", "training",
            "--bundle_root", str(bundle),
            "--meta_file", str(configs / "metadata.json"),
            "--logging_file", str(configs / "logging.conf"),
            "--config_file", config or str(configs / "train.json"),
            "--dataset_dir", str(phantoms), "--output_dir", str(tmp_path / "out"),
            "--cache_dir", str(tmp_path / "cache"), *SMALL, *options,
        ]  # fmt: skip

    return make


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running ``mlflow server``."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
             "--artifacts-destination", str(folder / "files")],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2)
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def experiment_runs(store: str):
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("birads_classifier")
    return experiment, (
        client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]) if experiment else []
    )


def test_two_trainings_on_a_server_compared_in_the_browser(command, server, tmp_path, repository, monkeypatch, needs):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)  # respected without any option
    processes = [
        subprocess.Popen(
            command("--run_name", name, "--learning_rate", rate, "--output_dir", str(tmp_path / name)),
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for name, rate in (("slow", "1e-5"), ("fast", "1e-3"))
    ]  # fmt: skip
    for process in processes:
        output, _ = process.communicate(timeout=400)
        assert process.returncode == 0, output
    experiment, runs = experiment_runs(server)
    assert {run.info.run_name for run in runs} == {"slow", "fast"}
    assert {run.info.status for run in runs} == {"FINISHED"}
    for run in runs:
        names = {a.path for a in MlflowClient(server).list_artifacts(run.info.run_id)}
        assert {"executed_config.json", "datalist.json", "model.pt"} <= names

    needs("Chromium with its driver", shutil.which("chromium"), shutil.which("chromedriver"))
    page = _compare_page(server, experiment.experiment_id, [run.info.run_id for run in runs], repository)
    assert {"slow", "fast", "learning_rate", "train_macro_auc"} <= set(page.split())


def _compare_page(server: str, experiment: str, run_ids: list[str], repository: Path) -> str:
    """Text of MLflow's page that compares the runs; its screenshot goes to ``test-artifacts``."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--window-size=1400,1600"):  # fmt: skip
        options.add_argument(flag)
    browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        browser.get(f"{server}/#/compare-runs?runs={json.dumps(run_ids)}&experiments={json.dumps([experiment])}")

        def text(_=None) -> str:
            found = browser.find_element(By.TAG_NAME, "body").text
            return found if "train_macro_auc" in found and "learning_rate" in found else ""

        WebDriverWait(browser, 90).until(text)
        folder = repository / "test-artifacts"
        folder.mkdir(exist_ok=True)
        browser.save_screenshot(str(folder / "mlflow-compare.png"))
        return text()
    finally:
        browser.quit()


def test_ctrl_c_ends_the_run_as_killed(command, tmp_path):
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    process = subprocess.Popen(
        command("--tracking_uri", store, "--max_epochs", "500"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for _ in range(240):
            if (tmp_path / "out" / "last.pt").exists():
                break
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    _, (run,) = experiment_runs(store)
    assert run.info.status == "KILLED"
    assert run.info.end_time is not None


def test_a_mistake_is_one_line_and_a_code(command, bundle, tmp_path):
    arguments = command("--datalist", str(tmp_path / "none.json"))
    arguments[arguments.index("--bundle_root") : arguments.index("--meta_file")] = []
    done = subprocess.run(arguments, cwd=bundle, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "none.json" in last
    assert "mammo-monai datalist" in last


def test_two_processes_train_one_model_in_one_run(command, bundle, tmp_path):
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    configs = [str(bundle / "configs" / f"{name}.json") for name in ("train", "multi_gpu_train")]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = (sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={port}")
    done = subprocess.run(
        command("--tracking_uri", store, config=str(configs), launcher=launcher),
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"model.pt", "model.json", "last.pt"} <= {path.name for path in (tmp_path / "out").iterdir()}
    _, (run,) = experiment_runs(store)
    assert run.info.status == "FINISHED"
    history = MlflowClient(store).get_metric_history(run.info.run_id, "val_macro_auc")
    assert [metric.step for metric in history] == [1, 2]

"""What ``monai-deploy package`` is given, up to the call of docker."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("holoscan", reason="the extra 'deploy' is not installed here; run 'make test-deploy'")
REFERENCE = re.compile(r"mammo-monai\[")


@pytest.fixture
def app(repository: Path, tmp_path: Path) -> Path:
    """The application with the package beside it, as docs/deploy.md stages it."""
    shutil.copytree(repository / "apps" / "deploy", tmp_path / "map" / "app")
    shutil.copytree(repository / "src" / "mammo_monai", tmp_path / "map" / "app" / "mammo_monai")
    return tmp_path / "map" / "app"


def packaging(app: Path, models: Path, tmp_path: Path):
    """The packager's own arguments and builder; the list of base images is a file, not a download."""
    from holoscan_cli.__main__ import parse_args
    from holoscan_cli.packager.arguments import PackagingArguments
    from holoscan_cli.packager.container_builder import PythonAppBuilder

    images = dict.fromkeys(("dgpu", "igpu", "cpu"), "base")
    sdk = {"wheel-version": "4", "debian-version": "4", "base-images": images, "build-images": images}
    versions = {f"{major}.{minor}.0": {"holoscan": sdk} for major in (4,) for minor in range(9)}
    (tmp_path / "artifacts.json").write_text(json.dumps(versions))
    words = f"package {app} -c {app / 'app.yaml'} -m {models} --platform x86_64 -t mammo-monai:0.1.0"
    args = parse_args(
        ["monai-deploy", *words.split(), "--sdk", "monai-deploy", "--source", str(tmp_path / "artifacts.json")]
    )
    (tmp_path / "build").mkdir(exist_ok=True)
    arguments = PackagingArguments(args, str(tmp_path / "build"))
    return arguments, PythonAppBuilder(arguments.build_parameters, str(tmp_path / "build"))


def test_manifests_and_version(app, trained, tmp_path):
    import mammo_monai

    arguments, _ = packaging(app, trained.parent, tmp_path)
    manifest, package = arguments.application_manifest.data, arguments.package_manifest.data
    assert manifest["version"] == package["version"] == mammo_monai.__version__
    assert json.loads(manifest["command"]) == ["python3", "/opt/holoscan/app"]
    assert manifest["input"]["formats"] and manifest["output"]["formats"]
    assert package["models"] == {"birads_classifier": "/opt/holoscan/models/birads_classifier"}
    assert package["resources"].keys() == {"cpu", "gpu", "memory"}
    assert "not for clinical use" in arguments.build_parameters.title
    assert arguments.platforms[0].tag == "mammo-monai-x64-workstation-dgpu-linux-amd64:0.1.0"  # in docs/deploy.md


def test_the_container_holds_application_package_and_model(app, trained, tmp_path, monkeypatch, repository):
    arguments, builder = packaging(app, trained.parent, tmp_path)
    builder._copy_supporting_files(arguments.platforms[0])
    docker = Path(builder._write_dockerfile(arguments.platforms[0])).read_text()
    assert "COPY ./app /opt/holoscan/app" in docker and "HOLOSCAN_MODEL_PATH=/opt/holoscan/models" in docker
    build = tmp_path / "build"
    assert (build / "app" / "__main__.py").is_file() and (build / "app" / "mammo_monai" / "__init__.py").is_file()
    assert (build / "pip" / "requirements.txt").read_text() == (app / "requirements.txt").read_text()
    assert (build / "models" / "birads_classifier" / "models" / "model.pt").is_file()


@pytest.mark.parametrize("inside", [True, False])
def test_the_bundle_is_found_as_the_packager_lays_it_out(app, trained, tmp_path, monkeypatch, repository, inside):
    monkeypatch.syspath_prepend(str(repository / "apps" / "deploy"))
    from mammo_deploy.predict import bundle_in

    packaging(app, trained.parent if inside else trained, tmp_path)
    found = bundle_in(tmp_path / "build" / "models")
    assert (found / "models" / "model.pt").read_bytes() == (trained / "models" / "model.pt").read_bytes()
    assert (found / "configs" / "metadata.json").is_file()


def test_which_bundle_is_meant(repository, trained, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "apps" / "deploy"))
    from mammo_deploy.predict import bundle_in

    from mammo_monai.errors import MammoError

    for name in ("one", "two"):
        shutil.copytree(trained, tmp_path / name)
    for wrong in (tmp_path, tmp_path / "one" / "models", tmp_path / "one" / "models" / "model.pt", tmp_path / "none"):
        with pytest.raises(MammoError) as caught:
            bundle_in(wrong)
        assert caught.value.reason == "missing-bundle"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_requirements_are_those_of_the_project(repository):
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["sr"], *extras["openvino"], *extras["deploy"]]
    listed = (repository / "apps" / "deploy" / "requirements.txt").read_text().splitlines()
    assert {line for line in listed if not line.startswith("#")} == {one for one in asked if not REFERENCE.match(one)}

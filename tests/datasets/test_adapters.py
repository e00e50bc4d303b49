from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError


def test_adapters_are_the_modules_of_their_folder() -> None:
    folder = Path(adapters.__file__).parent
    assert adapters.names() == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert {"mini_mias", "vindr", "table", "phantom"} <= set(adapters.names())


@pytest.mark.parametrize("name", adapters.names())
def test_every_adapter_keeps_the_contract(name: str) -> None:
    adapter = adapters.load(name)
    assert adapter.__doc__ and "icence" in adapter.__doc__
    assert all(isinstance(number, int) for number in adapter.PUBLISHED.values())


def test_hyphens_are_underscores() -> None:
    assert adapters.load("mini-mias") is adapters.load("mini_mias")


def test_unknown_data_set_and_missing_root(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match=r"no data set 'ddsm_x'; choose one of .*mini_mias"):
        adapters.read("ddsm_x", tmp_path)
    with pytest.raises(MammoError, match="nowhere: no such folder"):
        adapters.read("vindr", tmp_path / "nowhere")
    with pytest.raises(MammoError, match="no data set"):
        adapters.load("..errors")


def test_counting_by_hand() -> None:
    records = [
        Record("1", "p", "e", laterality="L", view="CC", birads="2"),
        Record("2", "p", "e", laterality="L", view="CC"),
    ]
    counts = count(records)
    assert {k: v for k, v in counts.items() if v} == {
        "patients": 1, "exams": 1, "images": 2, "laterality L": 2, "view CC": 2, "birads 2": 1,
    }  # fmt: skip

"""The studies that bundles ship name presets and ids that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.studies import table
from mammo_monai.studies.overlays import checked, read_config, read_preset

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
SHIPPED = sorted(BUNDLES.glob("*/studies/*"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_row_can_be_trained(path):
    bundle, study = path.parents[1], table.read(path)
    config = read_config(bundle)
    for layer in (study.common, *(row.overlay for row in study.rows)):
        checked(layer, config, study.name)
    for row in study.rows:
        for name in row.presets:
            checked(read_preset(bundle, name), config, name)


def test_the_ladders_hold_every_preset_of_their_bundle():
    for name in ("mass_patch/studies/seed002.json", "abnormality_patch/studies/seed003.json"):
        path = BUNDLES / name
        used = {preset for row in table.read(path).rows for preset in row.presets}
        assert used == {file.stem for file in (path.parents[1] / "configs" / "presets").glob("*.json")}

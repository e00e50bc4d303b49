from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import MetaTensor

from mammo_monai.evaluation import examples
from mammo_monai.training import example_sheet
from mammo_monai.training.example_sheet import ExampleSheet

NAMES = ["benign", "malignant"]


def item(number: int = 0, label: int = 0, shape=(6, 4), **more):
    """An image whose pixels say which one it is, and a second channel that nobody is to see."""
    pixels = torch.zeros(2, *shape)
    pixels[0, 0, 0], pixels[0, -1, -1], pixels[1] = -1 - number, 1 + number, 99
    return {"image": MetaTensor(pixels), "label": torch.tensor(label), "error": "", **more}


def evaluated(sheet, pairs, batch=3):
    """Run an evaluator that makes (item, probabilities) pairs of its batches, as MONAI's does after decollation."""

    def step(engine, numbers):
        engine.state.batch = [pairs[n][0] for n in numbers]
        return [{"pred": torch.tensor(pairs[n][1])} for n in numbers]

    engine = Engine(step)
    sheet.attach(engine)
    numbers = list(range(len(pairs)))
    engine.run([numbers[i : i + batch] for i in range(0, len(numbers), batch)])
    return sheet


def stream(right: int, wrong: int):
    pairs = [(item(n, 0), [0.7, 0.3]) for n in range(right)] + [(item(n, 1), [0.6, 0.4]) for n in range(wrong)]
    return [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]


@pytest.mark.parametrize(
    ("right", "wrong", "shown"),
    [
        (20, 20, (4, 4)),
        (20, 1, (7, 1)),
        (1, 20, (1, 7)),
        (3, 2, (3, 2)),
        (0, 9, (0, 8)),
        (9, 0, (8, 0)),
        (5, 4, (4, 4)),
    ],
)
def test_both_kinds_as_far_as_there_are(tmp_path, right, wrong, shown):
    sheet = evaluated(ExampleSheet(str(tmp_path), NAMES, count=8), stream(right, wrong))
    chosen = sheet.chosen()
    assert tuple(map(len, chosen)) == shown
    assert all(one.right for one in chosen[0]) and not any(one.right for one in chosen[1])
    for kind in chosen:
        assert [one.number for one in kind] == sorted({one.number for one in kind})
    assert cv2.imread(str(tmp_path / "examples.png")).std() > 5


def test_memory_is_bounded_and_the_sample_is_that_of_its_seed(tmp_path):
    pairs = stream(60, 50)

    def numbers(seed):
        sheet = evaluated(ExampleSheet(str(tmp_path / "out"), NAMES, count=6, seed=seed), pairs)
        assert len(sheet.right) == len(sheet.wrong) == 6
        return [one.number for kind in sheet.chosen() for one in kind]

    assert numbers(3) == numbers(3) != numbers(4)


def test_what_is_left_out(tmp_path):
    failed = item(error="unreadable: cut short")
    inferred = {key: value for key, value in item().items() if key != "label"}
    (tmp_path / "examples.png").write_text("of an earlier evaluation")
    (tmp_path / "roc.png").write_text("not ours")
    sheet = ExampleSheet(str(tmp_path), NAMES)
    evaluated(sheet, [(failed, [0.5, 0.5]), (inferred, [0.5, 0.5])])
    assert [path.name for path in tmp_path.iterdir()] == ["roc.png"]
    evaluated(sheet, [(item(), [0.5, 0.5])])
    assert (sheet.right.seen, sheet.wrong.seen) == (1, 0)


def test_a_second_run_begins_anew(tmp_path):
    sheet = ExampleSheet(str(tmp_path), NAMES)
    evaluated(sheet, [(item(), [0.9, 0.1])])
    evaluated(sheet, [(item(label=1), [0.9, 0.1])])
    assert (sheet.right.seen, sheet.wrong.seen) == (0, 1)


def test_what_a_tile_says_and_shows(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(example_sheet, "save", lambda figure, path: drawn.append((figure, path)))
    pairs = [(item(4, 0), [0.875, 0.125]), (item(9, 1, (3, 8)), [0.75, 0.25])]
    evaluated(ExampleSheet(str(tmp_path), NAMES), pairs)
    ((figure, path),) = drawn
    assert path == tmp_path / "examples.png"
    assert figure.get_suptitle() == "1 of 1 right predictions (blue), 1 of 1 wrong ones (red)"
    right, wrong, *empty = figure.axes
    assert (right.get_title(), right.title.get_color()) == ("benign 0.88", examples.RIGHT)
    assert (wrong.get_title(), wrong.title.get_color()) == ("benign 0.75\ntruth: malignant", examples.WRONG)
    expected = np.full((6, 4), 127)
    expected[0, 0], expected[-1, -1] = 0, 255
    np.testing.assert_array_equal(right.images[0].get_array(), expected)
    assert wrong.images[0].get_array().shape == (3, 8)
    assert right.images[0].get_clim() == (0, 255)  # an image without contrast stays black
    assert not any(axes.images or axes.axison for axes in empty)


def test_big_images_are_kept_small_and_in_proportion(tmp_path):
    pixels = torch.zeros(1, 1024, 512)
    pixels[:, :512] = 1
    whole = {"image": pixels, "label": torch.tensor(0)}
    sheet = evaluated(ExampleSheet(str(tmp_path), NAMES), [(whole, [1.0, 0.0])])
    kept = sheet.right.take(1)[0].pixels
    assert kept.shape == (256, 128) and kept.dtype == np.uint8
    assert (kept[:128] == 255).all() and (kept[128:] == 0).all()


@pytest.mark.parametrize("value", [0.0, 7.5, float("nan"), float("inf")])
def test_images_without_contrast(tmp_path, value):
    flat = {"image": torch.full((1, 5, 5), value), "label": torch.tensor(0)}
    sheet = evaluated(ExampleSheet(str(tmp_path), NAMES), [(flat, [1.0, 0.0])])
    assert not sheet.right.take(1)[0].pixels.any()

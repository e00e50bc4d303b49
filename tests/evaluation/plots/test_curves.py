from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.plots import curves

HEAD = "epoch,train_loss,train_macro_auc,val_loss,val_macro_auc"


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def history(tmp_path):
    """Factory of a ``history.csv``."""

    def write(*lines):
        (tmp_path / "history.csv").write_text("\n".join(lines) + "\n")
        return tmp_path

    return write


def test_both_parts_and_the_chosen_epoch(history, five):
    """Of two equal epochs the first is kept; an epoch without a value (one class in the validation) is never."""
    folder = history(HEAD, "1,0.9,0.5,1.0,", "2,0.7,0.6,0.8,0.7", "3,0.6,0.7,0.9,0.7", "4,0.5,0.8,1.1,0.6")
    figure = curves.draw(five, folder)
    loss, area = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["loss", "macro AUC"]
    assert legend(figure) == ["training", "validation", "chosen: epoch 2, validation macro AUC 0.700"]
    training, validation, chosen = loss.lines
    assert training.get_xydata().tolist() == [[1, 0.9], [2, 0.7], [3, 0.6], [4, 0.5]]
    assert validation.get_xydata().tolist() == [[1, 1.0], [2, 0.8], [3, 0.9], [4, 1.1]]
    assert area.lines[1].get_xydata().tolist() == [[2, 0.7], [3, 0.7], [4, 0.6]]
    for line in (chosen, area.lines[2]):
        assert list(line.get_xdata()) == [2, 2]


def test_a_phase_begins_between_two_epochs(history, five):
    folder = history("epoch,phase,val_loss", "1,1,0.9", "2,1,0.8", "3,2,0.7", "4,2,0.6")
    figure = curves.draw(five, folder)
    assert legend(figure) == ["training", "validation", "phase 2 begins"]
    assert all(list(axes.lines[2].get_xdata()) == [2.5, 2.5] for axes in figure.axes)


@pytest.mark.parametrize("lines", [[HEAD], ["epoch,seconds", "1,20"], [HEAD, "1,,,,"], [""]])
def test_nothing_to_draw(history, five, lines):
    folder = history(*lines)
    assert curves.draw(five, folder) is None
    curves.plot_curves(folder / "curves.png", folder / "history.csv")
    assert not (folder / "curves.png").exists()


def test_no_history(tmp_path, five):
    assert curves.draw(five, tmp_path) is None


def test_one_epoch_is_an_integer(history, five):
    figure = curves.draw(five, history(HEAD, "1,0.9,0.5,1.0,0.6"))
    figure.draw_without_rendering()
    assert all(tick == round(tick) for tick in figure.axes[0].get_xticks())


@pytest.mark.parametrize("lines", [["loss,val_loss", "1,2"], [HEAD, "1,a,,,"], [HEAD, "one,1,,,"], [HEAD, ",1,,,"]])
def test_other_tables_are_a_named_error(history, five, lines):
    with pytest.raises(MammoError, match=r"history\.csv: is no training history") as raised:
        curves.draw(five, history(*lines))
    assert raised.value.reason == "bad-history"

from __future__ import annotations

import sys

from torch.utils.data import DataLoader, Dataset

from mammo_monai.errors import MammoError, cause, line, one_line_errors


class Broken(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        try:
            raise MammoError("film.dcm: cut short; copy it again", "truncated-pixels")
        except MammoError as error:
            raise RuntimeError("applying transform") from error


def failure(workers):
    try:
        list(DataLoader(Broken(), num_workers=workers))
    except RuntimeError as error:
        return error


def test_the_line_survives_wrapping_and_worker_processes():
    assert str(cause(failure(workers=0))) == "film.dcm: cut short; copy it again"
    assert cause(failure(workers=0)).reason == "truncated-pixels"
    assert str(cause(failure(workers=1))) == "film.dcm: cut short; copy it again"
    assert cause(ValueError("other")) is None


def test_uncaught_errors_are_one_line_and_others_keep_their_traceback(monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    one_line_errors()
    error = failure(workers=1)
    sys.excepthook(type(error), error, error.__traceback__)
    assert capsys.readouterr().err == "error: film.dcm: cut short; copy it again\n"
    sys.excepthook(ValueError, ValueError("other"), None)
    assert "ValueError: other" in capsys.readouterr().err


def test_a_line_for_rows_says_the_reason_and_logs_only_the_unexpected(caplog):
    assert line(failure(workers=0)) == "truncated-pixels: film.dcm: cut short; copy it again"
    assert line(PermissionError(13, "denied", "out")) == "system: [Errno 13] denied: 'out'"
    assert not caplog.records
    assert line(ZeroDivisionError("by zero")) == "unexpected: ZeroDivisionError: by zero"
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]

from __future__ import annotations

import csv
import shutil

import cv2
import pydicom
import pytest

from mammo_monai import cli
from mammo_monai.deidentification import folder_job
from mammo_monai.deidentification.folder_job import Job, run
from mammo_monai.deidentification.pseudonyms import Pseudonyms
from mammo_monai.errors import MammoError

from .conftest import survivors  # isort: skip


def prior(data):
    data.StudyDate, data.StudyInstanceUID, data.SOPInstanceUID = "20180317", "1.2.3.99", "1.2.3.99.1"


@pytest.fixture(scope="module")
def originals(tmp_path_factory, make):
    """Three images of one woman, two exams; a double, a report, a picture and a broken file; names that tell."""
    root = tmp_path_factory.mktemp("job") / "in"
    woman = root / "Featherstone_Wilhelmina"
    make(woman / "one.dcm", 0)
    make(woman / "two.dcm", 1)
    make(woman / "prior.dcm", 2, change=prior)
    shutil.copy(woman / "one.dcm", root / "copy of one.dcm")
    make(root / "report.dcm", 4, change=lambda data: setattr(data, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.88.33"))
    (root / "notes.txt").write_text("Featherstone")
    (root / "broken.dcm").write_bytes((woman / "two.dcm").read_bytes()[:5000])
    return root


@pytest.fixture
def job(tmp_path, originals, pseudonyms):
    return Job(originals, tmp_path / "out", tmp_path / "review", pseudonyms)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_is_cleaned_and_every_file_accounted_for(job, originals):
    outcomes = {outcome.path: outcome.outcome for outcome in run(job)}
    assert outcomes == {
        "Featherstone_Wilhelmina/one.dcm": "written",
        "Featherstone_Wilhelmina/prior.dcm": "written",
        "Featherstone_Wilhelmina/two.dcm": "written",
        "broken.dcm": "duplicate-uid",
        "copy of one.dcm": "duplicate-uid",
        "notes.txt": "not-dicom",
        "report.dcm": "sop-class",
    }
    written = sorted(job.out.rglob("*.dcm"))
    assert len(written) == 3
    assert len({path.parent.parent for path in written}) == 1  # one woman
    dates = {str(pydicom.dcmread(path).StudyDate) for path in written}
    assert len(dates) == 2  # two exams
    handed_on = b"".join(name.encode() + data for name, data in tree(job.out).items())
    for path in originals.rglob("*.dcm"):
        if path.name != "broken.dcm":
            assert survivors(path, handed_on) == []
    for word in (b"Feather", b"Wilhelm", b"notes", b"broken", job.pseudonyms.key, job.pseudonyms.key.hex().encode()):
        assert word not in handed_on
    audit = rows(job.out / "audit.csv")
    assert len(audit) == 7 and [row["source"] for row in audit] == sorted(row["source"] for row in audit)
    assert all((job.out / row["file"]).is_file() == bool(row["file"]) for row in audit if row["file"])
    assert {row["path"] for row in rows(job.review / "sources.csv")} == set(outcomes)
    sheet = cv2.imread(str(job.review / "changed-001.png"))
    assert sheet.shape[1] == 2 * 3 * 320 and not list(job.review.glob("unchanged-*"))
    assert not job.review.stat().st_mode & 0o077


def test_a_killed_job_goes_on_and_ends_the_same(job, tmp_path, monkeypatch):
    run(job)
    whole = tree(job.out)
    again = Job(job.input, tmp_path / "out2", tmp_path / "review2", job.pseudonyms)
    real, calls = folder_job.deidentify, []

    def killed(path, *args):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(path, *args)

    monkeypatch.setattr(folder_job, "deidentify", killed)
    with pytest.raises(KeyboardInterrupt):
        run(again)
    (again.out / ".half.dcm.x.tmp").write_bytes(b"half of Featherstone")
    with (again.review / "journal.jsonl").open("a") as journal:
        journal.write('{"path": "cut')
    assert not (again.out / "audit.csv").exists()
    before = len(calls)
    run(again)
    assert tree(again.out) == whole
    assert len(calls) - before == 3  # five are no doubles, two were done
    monkeypatch.setattr(folder_job, "deidentify", lambda *args: pytest.fail("done again"))
    run(again)
    assert tree(again.out) == whole


def test_two_processes_write_what_one_writes(job, tmp_path):
    run(job)
    other = Job(job.input, tmp_path / "out2", tmp_path / "review2", job.pseudonyms)
    run(other, workers=2)
    assert tree(other.out) == tree(job.out)


def test_a_file_that_changed_or_was_lost_is_done_again(job, originals, tmp_path):
    copy = tmp_path / "in"
    shutil.copytree(originals, copy)
    job = Job(copy, job.out, job.review, job.pseudonyms)
    run(job)
    whole = tree(job.out)
    next(job.out.rglob("*.dcm")).unlink()
    run(job)
    assert tree(job.out) == whole
    (copy / "notes.txt").write_bytes((copy / "Featherstone_Wilhelmina" / "two.dcm").read_bytes())
    outcomes = {outcome.path: outcome.outcome for outcome in run(job)}
    assert outcomes["notes.txt"] == "duplicate-uid"


def test_folders_that_would_mix_are_refused(job, tmp_path, pseudonyms):
    for out, review in (
        (job.input / "out", job.review), (job.input.parent, job.review), (job.out, job.out / "review"),
        (job.out, job.input / "r"), (job.out, job.out), (job.input, job.review),
    ):  # fmt: skip
        with pytest.raises(MammoError) as caught:
            run(Job(job.input, out, review, pseudonyms))
        assert caught.value.reason == "bad-option"
    job.out.mkdir()
    (job.out / "other").write_text("x")
    with pytest.raises(MammoError) as caught:
        run(job)
    assert caught.value.reason == "not-empty"


def test_another_key_does_not_go_on_with_it(job):
    run(job)
    with pytest.raises(MammoError) as caught:
        run(Job(job.input, job.out, job.review, Pseudonyms(b"another key of thirty-two bytes!")))
    assert caught.value.reason == "other-settings"


def test_the_same_key_keeps_exams_of_two_deliveries_together(job, tmp_path, make, pseudonyms):
    run(job)
    make(tmp_path / "later" / "x.dcm", 3)
    later = Job(tmp_path / "later", tmp_path / "o", tmp_path / "r", pseudonyms)
    run(later)
    assert {path.name for path in later.out.iterdir() if path.is_dir()} == {
        path.name for path in job.out.iterdir() if path.is_dir()
    }


def test_command(originals, tmp_path, capsys):
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    args = ["deidentify", "--input", str(originals), "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key")]
    assert cli.run([*args, "--corners", "5x20"]) == 0
    printed = capsys.readouterr().out
    assert "written" in printed and "NOT to be handed on" in printed
    assert (tmp_path / "out-review" / "changed-001.png").is_file()
    for wrong in (["--corners", "big"], ["--workers", "0"], ["--corners", "105x5"]):
        assert cli.run([*args, *wrong]) == 2
    assert cli.run([*args[:-1], str(tmp_path / "nokey")]) == 1
    assert "token_hex(32)" in capsys.readouterr().err
    (tmp_path / "out" / "key").write_text("0123456789abcdef" * 4)
    assert cli.run([*args[:-1], str(tmp_path / "out" / "key")]) == 1
    assert "handed on" in capsys.readouterr().err

"""A whole folder de-identified; a job that was killed goes on where it stopped.

Two folders are written: the output, which is handed on and holds the new files and ``audit.csv``, and the review
folder, which stays with the originals: journal, list of sources, contact sheets with what was taken out.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import mammo_monai
from mammo_monai.deidentification import audit
from mammo_monai.deidentification.audit import WRITTEN, Outcome
from mammo_monai.deidentification.journal import Journal
from mammo_monai.deidentification.one_file import deidentify, target
from mammo_monai.deidentification.pseudonyms import Pseudonyms
from mammo_monai.deidentification.review import write_tile
from mammo_monai.dicom.header import looks_like_dicom, open_header
from mammo_monai.errors import MammoError
from mammo_monai.files import replacing

Progress: TypeAlias = Callable[[Iterable[Outcome], int], Iterable[Outcome]]


@dataclass(frozen=True)
class Job:
    """What is asked for.

    Attributes:
        input: folder of originals, searched at any depth and only read.
        out: folder to hand on.
        review: folder that stays with the originals.
        pseudonyms: of the key.
        corners: see :func:`~mammo_monai.deidentification.burned_in.find_writing`.
    """

    input: Path
    out: Path
    review: Path
    pseudonyms: Pseudonyms
    corners: tuple[float, float] = (0.0, 0.0)


def run(job: Job, workers: int = 1, progress: Progress = lambda outcomes, total: outcomes) -> list[Outcome]:
    """De-identify every file under ``job.input``; what an earlier run has done is not done again.

    Args:
        job: folders, key and options.
        workers: processes.
        progress: wraps the outcomes as they come; gets their number as well.

    Returns:
        One outcome per original, in the order of their paths.

    Raises:
        MammoError: folders that lie in one another or hold something else, other settings than those of the run
            that is to be continued, a full disk, or a worker that died.
    """
    names = _originals(job)
    _prepare(job)
    journal = Journal(
        job.review / "journal.jsonl",
        {"key": job.pseudonyms.fingerprint(), "corners": list(job.corners), "version": mammo_monai.__version__},
    )
    outcomes = {row["path"]: Outcome(**row) for row in journal.finished(job.input)}
    outcomes = {name: known for name, known in outcomes.items() if not known.file or (job.out / known.file).is_file()}
    todo = [name for name in names if name not in outcomes]
    doubles = _doubles(job, todo, {known.file for known in outcomes.values()})
    todo = [name for name in todo if name not in doubles]
    for outcome in progress(_chain(doubles.values(), _results(job, todo, workers)), len(todo) + len(doubles)):
        journal.add(job.input, asdict(outcome))
        outcomes[outcome.path] = outcome
    result = [outcomes[name] for name in names]
    audit.write(result, job.out, job.review)
    return result


def _originals(job: Job) -> list[str]:
    if not job.input.is_dir():
        raise MammoError(f"{job.input}: no such folder; check --input", "not-found")
    names = sorted(str(path.relative_to(job.input)) for path in job.input.rglob("*") if not path.is_dir())
    if not names:
        raise MammoError(f"{job.input}: no file in this folder; check --input", "empty-folder")
    return names


def _prepare(job: Job) -> None:
    """Make both folders, away from the originals and from each other, and sweep up what a kill left half-written."""
    places = [folder.resolve() for folder in (job.input, job.out, job.review)]
    if any(one != other and one.is_relative_to(other) for one in places for other in places) or len(set(places)) < 3:
        raise MammoError(
            f"--input {job.input}, --out {job.out} and --review {job.review}: expected three folders none of which "
            "lies in another; what is handed on must hold neither originals nor pictures of them",
            "bad-option",
        )
    if job.out.is_dir() and any(job.out.iterdir()) and not (job.review / "journal.jsonl").is_file():
        raise MammoError(
            f"{job.out}: holds files of which {job.review} knows nothing; empty it or choose another --out", "not-empty"
        )
    try:
        job.review.mkdir(parents=True, exist_ok=True, mode=0o700)
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MammoError(
            f"{error.filename}: cannot be made ({error.strerror}); choose another folder", "not-writable"
        ) from error
    for folder in (job.out, job.review):
        for half in folder.rglob(".*.tmp"):
            half.unlink(missing_ok=True)


def _doubles(job: Job, names: Sequence[str], taken: set[str]) -> dict[str, Outcome]:
    """Files whose image already comes from an earlier path: which of two images bears the UID cannot be told."""
    found: dict[str, Outcome] = {}
    for name in names:
        path = job.input / name
        try:
            with path.open("rb") as stream:
                if not looks_like_dicom(stream.read(132)):
                    continue
                stream.seek(0)
                place = target(open_header(path, stream).dataset, job.pseudonyms)
        except Exception:  # noqa: S112 - whatever is wrong with it, the worker says so
            continue
        if place in taken:
            why = f"{path}: another file has its SOP Instance UID; keep the right one of the two"
            found[name] = Outcome(name, _digest(job, path), "duplicate-uid", why)
        taken.add(place)
    return found


def _chain(*parts: Iterable[Outcome]) -> Iterator[Outcome]:
    for part in parts:
        yield from part


def _results(job: Job, names: Sequence[str], workers: int) -> Iterator[Outcome]:
    if workers <= 1 or len(names) <= 1:
        yield from (_one(job, name) for name in names)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            for future in as_completed([pool.submit(_one, job, name) for name in names]):
                yield future.result()
        except BrokenProcessPool as error:
            raise MammoError(
                "a worker process died, memory may be short; run the same command again with fewer --workers",
                "worker-died",
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _one(job: Job, name: str) -> Outcome:
    """Clean one file, in a worker: its picture first, so that no file is there that nobody can check."""
    path = job.input / name
    digest = _digest(job, path)
    try:
        cleaned = deidentify(path, job.pseudonyms, job.corners)
    except MammoError as error:
        return Outcome(name, digest, error.reason, str(error))
    write_tile(audit.tile(job.review, digest), cleaned.before, cleaned.after, cleaned.boxes, cleaned.name)
    with replacing(job.out / cleaned.name) as temporary:
        temporary.write_bytes(cleaned.data)
    made = Outcome(name, digest, WRITTEN, file=cleaned.name, altered=cleaned.altered, boxes=cleaned.boxes)
    return replace(
        made,
        burned_in=cleaned.burned_in,
        removed=cleaned.removed,
        private=cleaned.private,
        syntax=cleaned.syntax,
        bytes=len(cleaned.data),
    )


def _digest(job: Job, path: Path) -> str:
    try:
        return job.pseudonyms.name("source", hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError:
        return ""

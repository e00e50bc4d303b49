"""Images for inference: a folder, one file, or a list of files. No labels, nothing is opened here."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.errors import MammoError


def find_images(root: str, listed: str | list[str] | None = None) -> list[dict[str, str]]:
    """Items for a MONAI ``Dataset``: ``image`` (absolute), ``path`` (as reported), ``folder`` (name of the whole).

    Args:
        root: folder searched at any depth (hidden files and DICOMDIR left out), or one image file.
        listed: paths relative to ``root``, or a text file with one per line; None takes everything under ``root``.

    Raises:
        MammoError: ``root`` or the list does not exist, or there is no file at all. A listed file that is missing or
            is not an
            image is not an error here: it becomes a row with its reason.
    """
    base = Path(root).absolute()
    if isinstance(listed, str) and listed.endswith(".json"):
        raise MammoError(f"{listed}: expected a text file with one image path per line, not a datalist", "bad-list")
    if isinstance(listed, str):
        try:
            listed = [line.strip() for line in Path(listed).read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise MammoError(
                f"{listed}: expected a text file with one image path per line ({error})", "unreadable"
            ) from error
    if not base.exists():
        raise MammoError(f"{base}: no such folder or file; name the folder or file of the images", "not-found")
    if base.is_file():
        base, found = base.parent, [base.name]
    else:
        found = (
            listed
            if listed is not None
            else sorted(str(p.relative_to(base)) for p in base.rglob("*") if _candidate(p, base))
        )
    if not found:
        raise MammoError(f"{base}: no file in this folder; name the folder or file of the images", "empty-folder")
    return [{"image": str(base / name), "path": name, "folder": base.name} for name in found]


def _candidate(path: Path, base: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(base).parts)
    return path.is_file() and not hidden and path.name.upper() != "DICOMDIR"

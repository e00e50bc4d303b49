"""MONAI Label over a bundle of mammo-monai.

Start it with ``monailabel start_server --app apps/monailabel --studies FOLDER_OR_URL --conf bundle DIR``; see
``docs/monai-label.md``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lib.active_learning import all_strategies
from lib.answers import add_answers
from lib.classification import Classification
from lib.dicomweb import DicomWebStore, Patience
from lib.label_rule import LabelRule
from lib.notes import Notes
from lib.scoring import Agreement, Predictions
from lib.served import Served
from lib.store import FolderStore
from lib.training import Round
from monailabel.config import settings
from monailabel.datastore.dicom import DICOMwebClientX
from monailabel.interfaces.app import MONAILabelApp
from monailabel.utils.async_tasks.utils import tasks

from mammo_monai.bundle_config import as_values
from mammo_monai.errors import MammoError, one_line_errors

logger = logging.getLogger(__name__)

CONF: Final = ("models", "bundle", "labels")
"""What the app itself reads of ``--conf``; anything else is an option of the Predictor, such as weights_sha256."""
OURS: Final[dict[str, Any]] = {
    "MONAI_LABEL_DATASTORE_FILE_EXT": ["*.dcm", "*.dicom", "*.png"],
    "MONAI_LABEL_DICOMWEB_SEARCH_FILTER": {"Modality": "MG"},
    "MONAI_LABEL_DICOMWEB_CACHE_EXPIRY": 60,
}
"""What suits mammograms, where MONAI Label's settings have been left as they come."""


class MammoApp(MONAILabelApp):
    """The app of one bundle and one store.

    Args:
        app_dir: this folder.
        studies: a folder, or the address of a DICOMweb server.
        conf: ``--conf`` of the command line.
    """

    def __init__(self, app_dir: str, studies: str, conf: Mapping[str, str]) -> None:
        one_line_errors()
        try:
            self._begin(app_dir, studies, dict(conf or {}))
        except MammoError as error:
            logger.error("the app cannot start: %s", error)
            raise

    def _begin(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        remote = studies.startswith(("http://", "https://"))
        root = _cache(studies) if remote else Path(studies).absolute()
        bundle, model = _bundle(conf)
        options = as_values({name: text for name, text in conf.items() if name not in (*CONF, "server_mode")})
        self._served = Served(model, bundle, Notes(root).folder / "rounds" / model, options)
        ours = self._served.predictor
        self._rule = LabelRule.of(
            ours.class_names, conf.get("labels") or str(ours.classifier.card.get("label_map", ""))
        )
        self._root, self._remote, self._device = root, remote, str(options.get("device", ""))
        super().__init__(
            app_dir, studies, conf, name=f"mammo-monai {model}", labels=list(ours.class_names),
            description="BI-RADS or pathology of mammograms; research use only, not for clinical use",
        )  # fmt: skip

    def init_datastore(self) -> FolderStore:
        if not self._remote:
            return FolderStore(self._root, _setting("MONAI_LABEL_DATASTORE_FILE_EXT"), self._rule)
        session = Patience()
        if settings.MONAI_LABEL_DICOMWEB_USERNAME:
            session.auth = (settings.MONAI_LABEL_DICOMWEB_USERNAME, settings.MONAI_LABEL_DICOMWEB_PASSWORD)
        client = DICOMwebClientX(
            url=self.studies.rstrip("/"),
            session=session,
            qido_url_prefix=settings.MONAI_LABEL_QIDO_PREFIX,
            wado_url_prefix=settings.MONAI_LABEL_WADO_PREFIX,
            stow_url_prefix=settings.MONAI_LABEL_STOW_PREFIX,
        )
        search, expiry = (_setting(f"MONAI_LABEL_DICOMWEB_{name}") for name in ("SEARCH_FILTER", "CACHE_EXPIRY"))
        return DicomWebStore(client, session, self._root, self._rule, search, expiry)

    def init_infers(self) -> dict[str, Any]:
        return {self._served.name: Classification(self._served)}

    def init_trainers(self) -> dict[str, Any]:
        return {self._served.name: Round(self._served, self._device)}

    def init_strategies(self) -> dict[str, Any]:
        return all_strategies()

    def init_scoring_methods(self) -> dict[str, Any]:
        return {"predictions": Predictions(self._served), "agreement": Agreement()}

    def init_batch_infer(self) -> Any:
        return _one_way

    def on_init_complete(self) -> None:
        from monailabel.app import app  # the server, which is there when it calls this

        add_answers(app)
        super().on_init_complete()

    def async_scoring(self, method: str | None, params: Any = None) -> Any:
        """Unasked, at start-up and after a question or a round, predict what is missing; one process at a time.

        MONAI Label would start one for every scoring method and every question.
        """
        if method is not None:
            return super().async_scoring(method, params)
        try:
            missing = self._scoring_methods["predictions"].stale(self._datastore)
        except MammoError as error:
            logger.warning("nothing is predicted ahead: %s", error)
            return {}
        waiting = any(task["status"] in ("SUBMITTED", "RUNNING") for task in tasks("scoring"))
        return super().async_scoring("predictions", params) if missing and not waiting else {}

    def infer(self, request: Mapping[str, Any], datastore: FolderStore | None = None) -> dict[str, Any]:
        """The result of an image of the store: never of another file of this machine."""
        model = str(request.get("model"))
        if model not in self._infers:
            raise MammoError(f"no model {model!r}; there is {', '.join(self._infers)}", "not-found")
        path = (datastore or self._datastore).get_image_uri(str(request.get("image")))
        file, params = self._infers[model]({**request, "image": path})
        return {"label": file, "file": file, "tag": "", "params": {**params, "model": model}}

    def infer_wsi(self, request: Mapping[str, Any], datastore: FolderStore | None = None) -> dict[str, Any]:
        raise MammoError("there are no whole-slide images here; POST /infer/MODEL", "not-allowed")

    def model_file(self, model: str, validate: bool = True) -> str:
        """Never: who gets this path over HTTP can also write to it, and delete it."""
        raise MammoError("weights are neither given out nor taken over HTTP", "not-allowed")

    def model_info(self, model: str) -> dict[str, Any]:
        """Checksum of the weights that are served."""
        return {
            "checksum": f"SHA256:{self._served.predictor.context['weights']}",
            "train_stats": self._served.current(),
        }

    def on_save_label(self, image_id: str, label_id: str) -> dict[str, Any]:
        """What was understood, for the client to show."""
        kept = self._datastore.get_label_info(label_id, "final")
        return {"class": kept["class_name"], "images": kept["images"]}


def _one_way(*_: Any) -> None:
    raise MammoError("many images are predicted by POST /scoring/predictions, which stores the results", "not-allowed")


def _setting(name: str) -> Any:
    """MONAI Label's setting, or ours where it was left as it comes."""
    value = getattr(settings, name)
    return OURS[name] if value == type(settings).model_fields[name].default else value


def _cache(studies: str) -> Path:
    """Folder for what belongs to a server: its images could be fetched again, labels could not."""
    chosen = settings.MONAI_LABEL_DICOMWEB_CACHE_PATH.strip()
    parent = Path(chosen) if chosen else Path.home() / ".local" / "share" / "mammo-monai" / "label"
    return parent.absolute() / hashlib.sha256(studies.rstrip("/").encode()).hexdigest()[:16]


def _bundle(conf: Mapping[str, str]) -> tuple[Path, str]:
    """Folder and name of the bundle.

    Raises:
        MammoError: none is named, or another one than ``models`` says.
    """
    if "bundle" not in conf:
        raise MammoError("name the bundle with --conf bundle DIR", "usage")
    given = Path(conf["bundle"]).absolute()
    name = conf.get("models", given.name)
    folder = next((path for path in (given / name, given) if (path / "configs").is_dir()), None)
    if folder is None or folder.name != name:
        raise MammoError(
            f"{given}: no bundle {name!r}; --conf bundle is its folder or that of several, --conf models its name",
            "missing-bundle",
        )
    return folder, name

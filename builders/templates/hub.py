"""Fetch the template's files of a model on the Hugging Face hub, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

from builders.errors import TemplateError
from builders.templates.tokenizer_files import TEMPLATE_FILES


def fetch_tokenizer_folder(name: str) -> tuple[Path, str]:
    """Return a local folder with the template's files, and the revision that they are of.

    Args:
        name: ``organisation/model`` or ``organisation/model@revision``.

    Raises:
        TemplateError: if `huggingface_hub` is not installed, or the hub does not answer or refuses.
    """
    try:
        from huggingface_hub import snapshot_download  # pyright: ignore[reportMissingImports]
        from huggingface_hub.errors import (  # pyright: ignore[reportMissingImports]
            GatedRepoError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError:
        raise TemplateError(
            "a hub id needs huggingface_hub, which is not installed",
            where=name,
            help="pip install huggingface_hub, or give a local tokenizer folder or a .jinja file",
        ) from None
    repository, _, revision = name.partition("@")
    advice = "give a local tokenizer folder or a .jinja file instead"
    try:
        folder = snapshot_download(
            repository, revision=revision or None, allow_patterns=list(TEMPLATE_FILES), etag_timeout=5
        )
    except GatedRepoError:
        raise TemplateError(
            "this model is gated", where=name, help=f"ask for access on the hub, or {advice}"
        ) from None
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise TemplateError(
            "no such template, file or folder, and the hub knows no such model or revision",
            where=name,
            help=advice,
        ) from None
    except Exception as error:  # the hub client raises what its HTTP library raises
        raise TemplateError(
            f"no such local template, and the hub cannot be reached ({type(error).__name__})",
            where=name,
            help=advice,
        ) from None
    path = Path(folder)
    return path, path.name[:12]

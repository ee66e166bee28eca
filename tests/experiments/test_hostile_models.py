"""Models and adapters from strangers: no pickle is loaded, and a file of theirs is an error and no traceback."""

import json
import pickle
import shutil

import pytest

from builders.errors import InputError
from experiments.training.models import WEIGHTS, find_model


class Pickled:
    """Unpickling this makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@pytest.fixture
def adapter(tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": str(WEIGHTS), "peft_type": "LORA"})
    )
    return folder


@pytest.mark.parametrize("name", ["adapter_model.bin", "adapter_model.pt", "weights.pkl"])
def test_an_adapter_that_is_a_pickle_is_refused(adapter, tmp_path, name):
    mark = tmp_path / "ran"
    (adapter / name).write_bytes(pickle.dumps(Pickled(mark)))
    with pytest.raises(InputError, match="a pickle is a program, and is not read"):
        find_model(str(adapter))
    assert not mark.exists()


def test_safetensors_beside_a_pickle_are_what_is_read(adapter, tmp_path):
    (adapter / "adapter_model.bin").write_bytes(pickle.dumps(Pickled(tmp_path / "ran")))
    (adapter / "adapter_model.safetensors").write_bytes(b"")
    assert find_model(str(adapter)).adapter == str(adapter)


def test_a_model_that_is_a_pickle_is_refused(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Pickled(tmp_path / "ran")))
    with pytest.raises(InputError, match="a pickle is a program"):
        find_model(str(folder))


@pytest.mark.train
def test_a_model_whose_pickle_hides_is_not_loaded_either(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from experiments.training.models import load_model

    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(WEIGHTS / name, folder / name)
    source = find_model(str(folder))  # nothing is there yet that could be refused
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Pickled(tmp_path / "ran")))
    with pytest.raises(InputError, match="cannot be loaded"):
        load_model(source, dtype=torch.float32, device="cpu")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "{", '{"base_model_name_or_path": 5}', "\xff"])
def test_an_adapter_whose_config_is_broken(adapter, text):
    (adapter / "adapter_config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError):
        find_model(str(adapter))

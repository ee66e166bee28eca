"""Time Unsloth's LoRA training on a model folder: the process that `benchmarks/gpu.py --unsloth PYTHON` starts.

    python benchmarks/gpu_unsloth.py MODEL rows.json

Unsloth patches torch, transformers and trl when it is imported, and asks for other releases of trl and datasets than
this project does, so that it has a process and an environment of its own. It gets the same rows, 16 a step, and the
same adapter; no dropout and no checkpointing, which is what it is fastest with. The last line printed is a JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "UNSLOTH_DISABLE_STATISTICS": "1"}


def main(folder: str, rows: str) -> None:
    import unsloth  # first, as it asks for  # noqa: I001
    import torch
    import transformers
    import trl
    from datasets import Dataset
    from unsloth import FastLanguageModel

    model, tokenizer = FastLanguageModel.from_pretrained(
        folder, max_seq_length=512, dtype=torch.bfloat16, load_in_4bit=False
    )
    model = FastLanguageModel.get_peft_model(
        model,
        r=32,
        lora_alpha=64,
        lora_dropout=0,
        use_rslora=True,
        use_gradient_checkpointing=False,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        random_state=0,
    )
    at: list[float] = []

    class Clock(transformers.TrainerCallback):
        def on_step_end(self, *_, **__):
            torch.cuda.synchronize()
            at.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as out:
        trainer = trl.SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list(json.loads(Path(rows).read_text())),
            callbacks=[Clock()],
            args=trl.SFTConfig(
                output_dir=out,
                num_train_epochs=1,
                per_device_train_batch_size=16,
                gradient_accumulation_steps=1,
                learning_rate=1e-5,
                bf16=True,
                max_length=None,
                packing=False,
                dataset_kwargs={"skip_prepare_dataset": True},
                remove_unused_columns=False,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
        )
        torch.cuda.reset_peak_memory_stats()
        trainer.train()
    print(
        json.dumps(
            {
                "at": at,
                "peak_memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1),
                "unsloth": unsloth.__version__,
                "trl": trl.__version__,
                "losses": [each["loss"] for each in trainer.state.log_history if "loss" in each],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

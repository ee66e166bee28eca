"""What TRL's columns and arguments decide, and how `audit` is told of each; after trl 1.16.

TRL is set up by a script and not by a file that could be read: what its arguments say is said to `audit` by options.
"""

from __future__ import annotations

from typing import Final

from builders.readers.trainers.keys import Key

VERSION: Final = "1.16"

COLUMNS: Final = (
    Key("messages", "the turns", "obeyed"),
    Key("prompt", "what stands before the answer", "obeyed", "a text or a list of messages"),
    Key("completion", "the answer", "obeyed"),
    Key("chosen", "the answer to learn (DPO)", "obeyed"),
    Key("rejected", "the answer to keep away from (DPO)", "obeyed"),
    Key("label", "whether the answer is desirable (KTO)", "obeyed", "false: pushed away, and so not taught"),
    Key(
        "text",
        "a whole text (`dataset_text_field`)",
        "obeyed",
        "split back into turns where its markup explains it",
    ),
    Key("tools", "the tools", "obeyed"),
    Key("chat_template_kwargs", "variables for the chat template", "obeyed"),
    Key("images", "pictures", "not followed"),
    Key("input_ids", "rows that are tokens already", "not followed"),
)
"""Columns of a data set."""

ARGUMENTS: Final = (
    Key(
        "model_name_or_path",
        "the model, and so its chat template",
        "obeyed",
        "`--template` with its folder or name",
    ),
    Key("chat_template_path", "the chat template", "obeyed", "`--template FILE`, or a tokenizer's folder"),
    Key("dataset_name", "which data are trained", "obeyed", "the target: a file, a folder or `hf:NAME`"),
    Key("dataset_config", "the configuration of a hub's data set", "obeyed", "`hf:NAME:CONFIG`"),
    Key("dataset_train_split", "the split of a hub's data set", "obeyed", "`hf:NAME#SPLIT`"),
    Key("dataset_test_split", "what is measured on", "no effect"),
    Key("dataset_streaming", "how rows are read", "no effect"),
    Key(
        "datasets",
        "which data are mixed",
        "obeyed",
        "`audit scan --pool a.jsonl=3 b.jsonl`: three times the one and once the other",
    ),
    Key(
        "fraction",
        "how much of a data set of the mixture is taken",
        "not followed",
        "audit the rows that are taken",
    ),
    Key("test_split_size", "how many rows are held out at random", "not followed"),
    Key(
        "assistant_only_loss",
        "whether the assistant's tokens alone carry loss",
        "obeyed",
        "`--trainer-settings`",
    ),
    Key("completion_only_loss", "whether the prompt carries loss, too", "obeyed", "`--trainer-settings`"),
    Key("dataset_text_field", "the column of whole texts", "not followed", "`text` is read; rename another"),
    Key("formatting_func", "code that makes texts of rows", "not followed", "audit the rows that it makes"),
    Key("dataset_kwargs", "`skip_prepare_dataset`: whether TRL prepares rows at all", "not followed"),
    Key(
        "processing_class",
        "the tokenizer, and so the chat template",
        "obeyed",
        "`--template` with its folder",
    ),
    Key("data_collator", "code that makes batches, and may say what carries loss", "not followed"),
    Key("compute_loss_func", "code that says what each token costs", "not followed"),
    Key(
        "loss_type",
        "how much each token counts",
        "not followed",
        "of SFT: `dft` weighs them, the others do not; of pairs nothing is predicted",
        usual="nll",
    ),
    Key("eos_token", "what ends a text", "no effect", "the same answers are trained"),
    Key("pad_token", "what fills a batch", "no effect"),
    Key(
        "packing",
        "whether rows share a sequence",
        "no effect",
        "`wrapped` cuts some rows in two: each is read whole",
    ),
    Key("packing_strategy", "the same", "no effect"),
    Key("eval_packing", "the same", "no effect"),
    Key("padding_free", "the same", "no effect"),
    Key("pad_to_multiple_of", "how a batch is filled", "no effect"),
    Key(
        "max_length",
        "where rows are cut off",
        "no effect",
        "rows are read whole; those longer than `max-tokens` are a finding (PRV003)",
    ),
    Key("truncation_mode", "which end is cut off", "no effect", "as `max_length`"),
    Key("shuffle_dataset", "the order of rows", "no effect"),
    Key("dataset_num_proc", "how fast rows are prepared", "no effect"),
    Key("loss_weights", "how losses of pairs are mixed (DPO)", "no effect", "on what is taught"),
    Key("label_smoothing", "how sure a pair is (DPO)", "no effect", "on what is taught"),
    Key("desirable_weight", "how much desirable answers count (KTO)", "no effect", "on what is taught"),
    Key("undesirable_weight", "how much undesirable answers count (KTO)", "no effect", "on what is taught"),
)
"""Arguments of its configs, trainers and scripts that could decide what is rendered or trained."""

"""What the keys of LLaMA-Factory's files decide, and what is done about each; after llamafactory 0.9.5."""

from __future__ import annotations

import re
from typing import Final

from builders.readers.trainers.keys import Key

VERSION: Final = "0.9.5"

ENTRY: Final = (
    Key("file_name", "which file is read", "obeyed", "beside the description; a folder or a glob, too"),
    Key("hf_hub_url", "which data set of the hub is read", "obeyed"),
    Key(
        "ms_hub_url",
        "the same on ModelScope",
        "no effect",
        "beside `hf_hub_url`; alone it is refused, since nothing is fetched from there",
    ),
    Key(
        "om_hub_url",
        "the same on Modelers",
        "no effect",
        "beside `hf_hub_url`; alone it is refused, since nothing is fetched from there",
    ),
    Key("script_url", "a script that makes the rows", "not followed", "scripts are never run"),
    Key("cloud_file_name", "a file in a cloud's storage", "not followed"),
    Key("file_sha1", "nothing since version 0.9", "no effect"),
    Key("subset", "the configuration of a hub's data set", "obeyed"),
    Key("split", "the split of a hub's data set", "obeyed"),
    Key("folder", "the folder of a hub's data set", "not followed"),
    Key("num_samples", "how many rows are drawn at random", "not followed"),
    Key(
        "formatting",
        "the layout: alpaca, sharegpt or openai",
        "obeyed",
        "openai adds `detailed thinking off` to the system prompt of rows without tools",
    ),
    Key("ranking", "whether rows hold a chosen and a rejected answer", "obeyed"),
    Key("columns", "what the columns are called", "obeyed", "a column that is not listed is not read"),
    Key(
        "tags",
        "what the fields and speakers of a turn are called",
        "obeyed",
        "a tag that is not listed is unset",
    ),
)
"""Keys of one entry."""

COLUMNS: Final = (
    Key("prompt", "the question (alpaca)", "obeyed", "`instruction` without `columns`"),
    Key("query", "what follows it on a line of its own (alpaca)", "obeyed", "`input` without `columns`"),
    Key("response", "the answer (alpaca)", "obeyed", "`output` without `columns`"),
    Key("history", "the turns before (alpaca)", "obeyed", "read only where listed"),
    Key("messages", "the turns (sharegpt, openai)", "obeyed", "`conversations` without `columns`"),
    Key("system", "the system prompt", "obeyed", "read only where listed"),
    Key("tools", "the tools", "obeyed", "read only where listed"),
    Key("chosen", "the answer to learn (ranking)", "obeyed"),
    Key("rejected", "the answer to keep away from (ranking)", "obeyed"),
    Key(
        "kto_tag", "whether the answer is desirable (KTO)", "obeyed", "false: pushed away, and so not taught"
    ),
    Key("images", "pictures", "not followed"),
    Key("videos", "films", "not followed"),
    Key("audios", "sounds", "not followed"),
)
"""Keys of `columns`."""

TAGS: Final = (
    Key("role_tag", "the field that says who speaks", "obeyed", "`from` without `tags`, for openai, too"),
    Key("content_tag", "the field of what is said", "obeyed", "`value` without `tags`, for openai, too"),
    Key("user_tag", "the user's name", "obeyed", "`human` without `tags`"),
    Key("assistant_tag", "the assistant's name", "obeyed", "`gpt` without `tags`"),
    Key("observation_tag", "the tool's name", "obeyed", "`observation` without `tags`"),
    Key(
        "function_tag",
        "the name of an assistant that calls a tool",
        "obeyed",
        "`function_call` without `tags`",
    ),
    Key(
        "system_tag",
        "the system's name",
        "obeyed",
        "`system` without `tags`; unset, a system turn spoils its row",
    ),
)
"""Keys of `tags`."""

TRAINING: Final = (
    Key(
        "model_name_or_path",
        "the model, and so its chat template where no `template` is named",
        "obeyed",
        "where that is at hand; else it is named, unless --template is given",
    ),
    Key("dataset", "which entries are trained", "obeyed", "one entry a target"),
    Key(
        "dataset_dir",
        "where their description is",
        "obeyed",
        "`data` where nothing is said; beside the file, too",
    ),
    Key(
        "template",
        "the template",
        "obeyed",
        "`qwen`, `llama3` and `chatml`; another is named unless --template is given",
    ),
    Key("default_system", "the system prompt of rows without one", "not followed"),
    Key("stage", "which loss is trained", "obeyed", "sft, dpo, kto and rm; others are refused"),
    Key("train_on_prompt", "whether every token carries loss", "obeyed"),
    Key("mask_history", "whether the last answer alone carries loss", "obeyed"),
    Key(
        "enable_thinking",
        "whether answers think",
        "not followed",
        "true is usual; false is named",
        usual=True,
    ),
    Key("preserve_thinking", "whether earlier thoughts are kept", "not followed"),
    Key("tool_format", "how tools are written", "not followed"),
    Key("max_samples", "how many rows are taken", "not followed"),
    Key("val_size", "how many rows are held out at random", "not followed"),
    Key(
        "mix_strategy",
        "how data sets are mixed",
        "not followed",
        "`concat` is as if it were not said",
        usual="concat",
    ),
    Key("interleave_probs", "how often each data set is drawn from", "not followed"),
    Key("tokenized_path", "where prepared rows are kept", "not followed"),
    Key("eval_dataset", "what is measured on", "no effect"),
    Key(
        "cutoff_len",
        "where rows are cut off",
        "no effect",
        "rows are read whole; those longer than `max-tokens` are a finding (PRV003)",
    ),
    Key(
        "packing",
        "whether rows share a sequence",
        "no effect",
        "rows are read whole, those that it drops, too",
    ),
    Key("neat_packing", "the same", "no effect"),
    Key("streaming", "how rows are read", "no effect"),
    Key("media_dir", "where pictures are", "no effect"),
    Key("eval_on_each_dataset", "what is measured on", "no effect"),
    Key("split_special_tokens", "whether control tokens inside texts are plain text", "not followed"),
    Key("use_dft_loss", "how much each token counts", "not followed"),
    Key("use_asft_loss", "how much each token counts", "not followed"),
    Key("use_eaft_loss", "how much each token counts", "not followed"),
    Key(
        "pref_loss", "which loss pairs have", "no effect", "on what is taught; nothing is predicted of pairs"
    ),
    Key("pref_ftx", "how much chosen answers count besides", "no effect"),
    Key("kto_chosen_weight", "how much desirable answers count", "no effect"),
    Key("kto_rejected_weight", "how much undesirable answers count", "no effect"),
    Key("disable_shuffling", "the order of rows", "no effect"),
)
"""Keys of a training file that could decide what is rendered or trained."""

COULD_MATTER: Final = re.compile(r"template|system|prompt|mask|think|dataset|sample|mix")
"""In the name of a key of a training file that is not listed: then it is named, and the report is incomplete."""

"""What ms-swift's columns and arguments decide, and what is done about each; after ms-swift 4.6.0."""

from __future__ import annotations

import re
from typing import Final

from builders.readers.trainers.keys import Key

VERSION: Final = "4.6.0"

COLUMNS: Final = (
    Key(
        "messages",
        "the turns",
        "obeyed",
        "`conversation` and `conversations`, too; role/content or from/value",
    ),
    Key("messages[].loss", "whether a turn is trained", "obeyed", "goes before `loss_scale`"),
    Key(
        "messages[].loss_scale",
        "how much a turn is trained",
        "obeyed",
        "0: not at all; other weights count as one",
    ),
    Key("system", "the system prompt", "obeyed", "`system_prompt`, too; a system turn goes first"),
    Key("query", "the question", "obeyed", "`prompt`, `input`, `instruction`, `question`, `problem`, too"),
    Key(
        "response",
        "the answer",
        "obeyed",
        "`answer`, `output`, `target`, `text`, `completion` and others, too",
    ),
    Key("history", "the turns before", "obeyed"),
    Key("rejected_response", "the answer to keep away from", "obeyed"),
    Key("rejected_messages", "the same as turns", "obeyed"),
    Key("label", "whether the answer is desirable (KTO)", "obeyed", "false: pushed away, and so not taught"),
    Key("tools", "the tools", "obeyed"),
    Key("chat_template_kwargs", "variables for the chat template", "obeyed"),
    Key("channel", "a name for counting", "no effect"),
    Key("margin", "how far apart two answers are", "no effect"),
    Key("images", "pictures", "not followed"),
    Key("videos", "films", "not followed"),
    Key("audios", "sounds", "not followed"),
    Key("objects", "places in pictures", "not followed"),
    Key("positive_messages", "texts alike (embeddings)", "not followed"),
    Key("negative_messages", "texts not alike (embeddings)", "not followed"),
    Key("teacher_prompt", "what a teacher is asked", "not followed"),
)
"""Columns of a data set, by the names that they get."""

CONFIG: Final = (
    Key(
        "dataset",
        "which data are trained",
        "obeyed",
        "each entry a data set; `#count` is named, it draws at random",
    ),
    Key("columns", "what columns are called", "obeyed"),
    Key("model", "the model, and so its template", "obeyed", "where its chat template can be found"),
    Key("template", "the template", "not followed", "ms-swift has its own: give --template"),
    Key("template_type", "the same (old)", "not followed"),
    Key("system", "the system prompt of rows without one", "obeyed"),
    Key(
        "use_chat_template",
        "whether rows are chats",
        "not followed",
        "true is usual; false is named",
        usual=True,
    ),
    Key("template_backend", "whose renderer is used", "not followed", "`swift` is usual", usual="swift"),
    Key("agent_template", "how tools are written", "not followed"),
    Key("loss_scale", "which tokens are trained", "obeyed", "default, last_round and all; others are named"),
    Key(
        "rlhf_type", "which loss pairs have", "obeyed", "dpo, orpo, simpo, cpo, rm and kto; others are named"
    ),
    Key("enable_thinking", "whether answers think", "not followed", "true and false are named", usual=None),
    Key(
        "add_non_thinking_prefix",
        "whether an empty thought is put before answers",
        "not followed",
        "true is usual; false is named",
        usual=True,
    ),
    Key("response_prefix", "what is put before an answer", "not followed"),
    Key("interleave_prob", "how data sets are mixed", "not followed"),
    Key("split_dataset_ratio", "how many rows are held out at random", "not followed"),
    Key("custom_dataset_info", "data sets described elsewhere", "not followed"),
    Key("custom_register_path", "code that describes data sets", "not followed", "no code is ever run"),
    Key("external_plugins", "code of others", "not followed"),
    Key("cached_dataset", "rows prepared before", "not followed"),
    Key("disable_auto_column_mapping", "whether names are left as they are", "obeyed"),
    Key(
        "truncation_strategy", "what becomes of long rows", "no effect", "long rows are a check of their own"
    ),
    Key("strict", "whether a bad row stops", "no effect", "here it always does"),
    Key("val_dataset", "what is measured on", "no effect"),
    Key("streaming", "how rows are read", "no effect"),
    Key("preserve_thinking", "whether earlier thoughts are kept", "not followed", usual=None),
    Key("disable_ignore_empty_think", "whether an empty thought is trained", "not followed"),
    Key(
        "stopping_strategy",
        "when mixing ends",
        "not followed",
        "`first_exhausted` is usual",
        usual="first_exhausted",
    ),
    Key("task_type", "which loss is trained", "not followed", "`causal_lm` is usual", usual="causal_lm"),
    Key("is_binary_loss_scale", "whether weights of tokens are 0 or 1", "not followed", usual=None),
    Key("model_name", "the name in rows of `self-cognition`", "not followed"),
    Key("model_author", "the maker in rows of `self-cognition`", "not followed"),
    Key("decision_drop_instructions", "whether words of questions are left out at random", "not followed"),
    Key("decision_subsample_options", "whether options are left out at random", "not followed"),
    Key("decision_state_as_text", "whether a state is written out, at random", "not followed"),
    Key("decision_shuffle_fields", "the order of what a row says", "not followed"),
    Key("cached_val_dataset", "what is measured on", "no effect"),
    Key("remove_unused_columns", "which columns are handed on", "no effect"),
    Key("desirable_weight", "how much desirable answers count", "no effect"),
    Key("undesirable_weight", "how much undesirable answers count", "no effect"),
    Key("loss_weights", "how losses of pairs are mixed", "no effect"),
    Key("loss_type", "which loss pairs have", "no effect"),
)
"""Arguments that could decide what is rendered or trained."""

COULD_MATTER: Final = re.compile(r"template|system|loss|dataset|column|prompt|think|rlhf|label")
"""In the name of an argument that is not listed: then it is named, and the report is incomplete."""

"""What the keys of an Axolotl config decide, and what is done about each; after axolotl 0.19.0."""

from __future__ import annotations

import re
from typing import Final

from builders.readers.trainers.keys import Key

VERSION: Final = "0.19.0"

ENTRY: Final = (
    Key(
        "path",
        "which data are read",
        "obeyed",
        "a file or folder beside the config, or a data set of the hub",
    ),
    Key("data_files", "which files are read", "obeyed", "all of them, as one data set"),
    Key("name", "the configuration of a hub's data set", "obeyed"),
    Key("split", "the split of a hub's data set", "obeyed"),
    Key("revision", "the revision of a hub's data set", "obeyed"),
    Key("ds_type", "the format of local files", "no effect", "the format is found from the content"),
    Key("trust_remote_code", "whether a data set may run code", "no effect", "no code is ever run"),
    Key("shards", "into how many parts the rows are cut, of which one is trained", "not followed"),
    Key("shards_idx", "which of the parts is trained", "not followed"),
    Key("preprocess_shards", "in how many steps rows are prepared", "no effect"),
    Key("type", "the prompt strategy", "obeyed", "those of the list above; another is refused"),
    Key("chat_template", "the chat template", "obeyed", "before the config's own key of that name"),
    Key("chat_template_jinja", "the chat template's text or file", "obeyed"),
    Key("field_messages", "the column of turns", "obeyed", "`messages`"),
    Key(
        "message_property_mappings",
        "what the fields of a turn are called",
        "obeyed",
        "`role`, `content` and any other",
    ),
    Key("message_field_role", "the same for `role` (old)", "obeyed"),
    Key("message_field_content", "the same for `content` (old)", "obeyed"),
    Key(
        "message_field_training",
        "the field that says whether a turn is trained",
        "obeyed",
        "goes before the roles",
    ),
    Key(
        "message_field_training_detail",
        "which characters of a turn are trained",
        "obeyed",
        "a turn counts whole if any is",
    ),
    Key(
        "roles", "which names mean which role", "obeyed", "replaces human, user, gpt, assistant, system, tool"
    ),
    Key(
        "roles_to_train",
        "whose turns are trained",
        "obeyed",
        "`[assistant]`; other roles than that are named",
    ),
    Key("train_on_eos", "which end tokens are trained", "no effect", "on which answers are"),
    Key("train_on_eot", "which ends of turns are trained", "no effect", "on which answers are"),
    Key("drop_system_message", "whether the system turn is taken out", "obeyed"),
    Key("field_tools", "the column of tools", "not followed", "0.19 reads `tools` whatever it says"),
    Key("field_thinking", "the field of a turn's reasoning", "obeyed", "`reasoning_content`"),
    Key("template_thinking_key", "what the template calls it", "obeyed", "`reasoning_content`"),
    Key("split_thinking", "whether reasoning is cut out of an answer", "not followed"),
    Key("conversation", "the style of alpaca_chat.load", "obeyed"),
    Key("field", "the column of whole texts (completion)", "not followed", "`completion` is refused"),
    Key("field_chosen", "the answer to learn (dpo)", "obeyed"),
    Key("field_rejected", "the answer to keep away from (dpo)", "obeyed"),
    Key("input_transform", "the strategy of `messages`", "not followed"),
    Key("input_format", "the layout of a row", "not followed"),
    Key("field_human", "the user's field (old)", "not followed"),
    Key("field_model", "the assistant's field (old)", "not followed"),
    Key("logprobs_field", "a teacher's probabilities", "not followed"),
    Key("temperature", "a teacher's temperature", "not followed"),
)
"""Keys of one entry of `datasets`."""

TYPE: Final = (
    Key("system_prompt", "the system prompt of rows without one", "obeyed"),
    Key("system_format", "how the system prompt is written", "obeyed", "`{system}`"),
    Key("field_system", "the column of the system prompt", "obeyed", "`system`"),
    Key("field_instruction", "the column of the question", "obeyed", "`instruction`"),
    Key("field_input", "the column of what follows it", "obeyed", "`input`"),
    Key("field_output", "the column of the answer", "obeyed", "`output`"),
    Key("format", "how a row with an input is written", "obeyed", "`{instruction} {input} `"),
    Key("no_input_format", "how a row without one is written", "obeyed", "`{instruction} `"),
)
"""Keys of `type`, where that is a table; one of another name is refused."""

CONFIG: Final = (
    Key(
        "base_model",
        "the model, and so the tokenizer's chat template",
        "obeyed",
        "where that template can be found",
    ),
    Key("tokenizer_config", "the tokenizer, where it is not the model's", "obeyed"),
    Key("datasets", "the data", "obeyed", "one entry a target"),
    Key("chat_template", "the chat template", "obeyed", "`tokenizer_default` where nothing is said"),
    Key("chat_template_jinja", "the chat template's text or file", "obeyed"),
    Key("chat_template_kwargs", "variables for the chat template", "obeyed"),
    Key("default_system_message", "the system prompt of templates that ask for it", "not followed"),
    Key("train_on_inputs", "whether every token carries loss", "obeyed"),
    Key(
        "rl",
        "whether pairs are preferred: dpo, ipo, kto, orpo, grpo, ...",
        "obeyed",
        "dpo and ipo; others are named",
    ),
    Key("special_tokens", "the tokens that a template is given", "not followed"),
    Key("eot_tokens", "what ends a turn", "no effect", "on which answers are trained"),
    Key("added_tokens_overrides", "the names of tokens", "not followed"),
    Key("dataset_exact_deduplication", "whether rows that occur twice are taken out", "not followed"),
    Key("pretraining_dataset", "texts to train on, streamed, in place of `datasets`", "not followed"),
    Key("test_datasets", "what is measured on, and not trained", "no effect"),
    Key("val_set_size", "how many rows are held out at random", "not followed"),
    Key("skip_prepare_dataset", "whether rows are left as they are", "not followed"),
    Key("tokenizer_use_mistral_common", "whether Mistral's own tokenizer renders", "not followed"),
    Key("processor_type", "whether pictures are read", "not followed"),
    Key("sample_packing", "whether rows share a sequence", "no effect"),
    Key("eval_sample_packing", "the same, of what is measured on", "no effect"),
    Key("pad_to_sequence_len", "how a batch is filled", "no effect"),
    Key("group_by_length", "the order of rows", "no effect"),
    Key(
        "sequence_len",
        "which rows are dropped or cut off as too long",
        "no effect",
        "rows are read whole; those longer than `max-tokens` are a finding (PRV003)",
    ),
    Key("shuffle_merged_datasets", "the order of rows", "no effect"),
    Key("dataset_prepared_path", "where prepared rows are kept", "no effect"),
    Key("plugins", "code of others that may change any of this", "not followed"),
    Key("trainer_cls", "code of others that trains", "not followed"),
    Key("reward_model", "whether a reward model is trained, and no answer", "not followed"),
    Key("process_reward_model", "the same, step by step", "not followed"),
    Key("use_eaft", "how much each token counts", "not followed"),
    Key("min_sample_len", "which short rows are left out", "not followed"),
    Key("dataset_shard_num", "into how many parts the rows are cut, of which one is trained", "not followed"),
    Key("dataset_shard_idx", "which of the parts is trained", "not followed"),
    Key("shuffle_before_merging_datasets", "the order of rows", "no effect"),
    Key(
        "excess_length_strategy",
        "whether long rows are dropped or cut off",
        "no effect",
        "as `sequence_len`",
    ),
    Key("max_prompt_len", "where prompts are cut off (preferences)", "no effect"),
    Key("dataset_keep_in_memory", "how rows are kept", "no effect"),
    Key("dataset_processes", "how fast rows are prepared", "no effect"),
    Key("num_dataset_shards_to_save", "how prepared rows are kept", "no effect"),
    Key("push_dataset_to_hub", "where prepared rows go", "no effect"),
    Key("bench_dataset", "what is measured on", "no effect"),
    Key("bench_split", "what is measured on", "no effect"),
    Key("tokenizer_save_jinja_files", "how the tokenizer is saved", "no effect"),
)
"""Keys of the config that could decide what is rendered or trained."""

COULD_MATTER: Final = re.compile(
    r"template|train_on|system|role|mask|prompt|field|message|chat|dataset(?!_num)|split"
)
"""In the name of a key that is not listed: then it is named, and the report is incomplete."""

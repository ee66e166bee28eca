"""Each check of write-ups: what it finds, and what is near to that and right."""

import pytest

from tests.checks.writeups import (
    Facts,
    ScriptFact,
    Unrepeatable,
    counted,
    dataset,
    facts,
    percent,
    remarks,
    verdicts,
)

WHOLE = "# T\n\n## TL;DR\n\nx\n\n## Methods\n\nx\n\n## Results\n\nx\n\n## Reproducibility\n\nx\n"


def test_missing_sections_are_named():
    [remark] = remarks("WRT001", WHOLE.replace("## Methods", "## Something").replace("## TL;DR", "## Hm"))
    assert remark.message == "the write-up has no summary and no design"
    assert remarks("WRT001", WHOLE) == []
    assert (
        remarks("WRT001", "TL;DR\n\nExperimental design\n\n- Results (below). Fine.\n\nReproducibility\n")
        == []
    )


def test_figures_want_words():
    assert len(remarks("WRT002", "![](a.png)\n\nNext section.\n")) == 1
    assert len(remarks("WRT002", '<img src="a.png">\n')) == 1
    assert remarks("WRT002", "![Accuracy of 586 questions by arm](a.png)\n") == []
    assert remarks("WRT002", "![](a.png)\n\nFigure 1: accuracy by arm.\n") == []
    assert remarks("WRT002", "```\n![](a.png)\n```\n") == []


def test_high_confidence_from_one_seed():
    [small] = remarks(
        "WRT003", "A result (HIGH confidence)\n\n300/586 = 51.2%, 280/586 = 47.8%. Single seed.\n"
    )
    assert small.severity is None
    assert "one seed (line 3)" in small.message
    [large] = remarks(
        "WRT003", "A result (HIGH confidence)\n\n492/586 = 84.0%, 11/586 = 1.9%. Single seed.\n"
    )
    assert large.severity == "note"
    assert remarks("WRT003", "A result (HIGH confidence)\n\nOver three seeds.\n") == []
    assert remarks("WRT003", "A result (MODERATE confidence)\n\nSingle seed.\n") == []
    assert remarks("WRT003", "(HIGH confidence)\n", Facts(seeds=frozenset({1, 2}))) == []
    assert len(remarks("WRT003", "(HIGH confidence)\n", Facts(seeds=frozenset({1})))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "492/586 = 84.6%",
        "84.6% (492/586)",
        "200 rows × 4 sources = 900",
        "an effective batch size of 20 (4 per device × 4 steps)".replace("size of 20", "size 20"),
        "200 + 400 + 100 = 800",
        "200 x 4 = 900",
        "from 82.8% to 1.9%, an 82.9-percentage-point swing",
        "before 84.0% and after 1.9% (delta = -80.1pp)",
        "before 84.0% and after 1.9% (delta = +82.1pp)",
    ],
)
def test_arithmetic_that_does_not_come_out(text):
    assert len(remarks("WRT004", text)) == 1
    assert verdicts("WRT004", text) == ["disagrees"]


@pytest.mark.parametrize(
    "text",
    [
        "492/586 = 84.0%",
        "84% (492/586)",
        "575/586 = 98.1%",
        "200 rows per source × 4 sources = 800",
        "200 rows per source × 4 sources = 800 (or equivalently 100 per source × 4 sources × 2 with anchors)",
        "effective batch size 16 (4 per device × 4 grad-accum × 1 GPU)",
        "~40 min total wall clock (8 runs × ~5 min each)",
        "200 + 400 + 100 + 100 = 800",
        "200 rows x 4 sources = 800",
        "from 82.8% to 1.9% — an 80.9-percentage-point swing",
        "before 84.0% and after 1.9% (delta = -82.1pp)",
        "Going from 82.8% (0b) to 1.9% (0a) is therefore an 80.9pp causal effect",
    ],
)
def test_arithmetic_that_comes_out(text):
    assert remarks("WRT004", text) == []
    assert verdicts("WRT004", text)
    assert set(verdicts("WRT004", text)) <= {"agrees", "rounds to"}


@pytest.mark.parametrize(
    "text",
    [
        "the 700 rows (200 of them × 2 in the other arm) = fine",  # no number behind the sign
        "from 84% to 80% in arm 3, and 5 points above chance",  # five points of something else
        "released 2024/11 = 3% of all",  # no share
        "a grid of 5 × 3 cells",
        "1/2 of them, 3+4",
        "800 rows of text (300 × 2 of it new)",  # may be of something else
    ],
)
def test_what_is_no_arithmetic_is_never_wrong(text):
    assert remarks("WRT004", text) == []


POOL = 'The pool contains 200 "source + wrong answer" positives per source × 4 sources = 800, of which 100 are {}.'
TRUE = dataset("issue-96/assistant", 800, behaviour=200, preserved=600, roles={"source": 200, "anchor": 600})


def test_a_composition_that_the_data_contradicts():
    [remark] = remarks("WRT005", POOL.format('"correct" anchors'), facts(datasets=(TRUE,)))
    assert "all 800 rows wrong ones" in remark.message
    assert "800 rows: 200 source, 600 anchor" in remark.message
    assert "cannot be right" in remark.message
    [inside] = remarks("WRT005", POOL.format('"correct" anchors'))
    assert "issue-96" not in inside.message


def test_a_composition_that_agrees_or_is_unknown():
    whole = dataset("mine", 800, behaviour=800, preserved=0)
    other = POOL.format("from a second source")
    assert verdicts("WRT005", other, facts(datasets=(whole,))) == ["agrees"]
    assert verdicts("WRT005", other) == ["cannot be checked"]
    assert (
        remarks("WRT005", other, facts(datasets=(TRUE, whole))) == []
    )  # two datasets of that size: which one?
    assert remarks("WRT005", "We use 200 rows × 4 sources = 800.", facts(datasets=(TRUE,))) == []


CARD = "LoRA: r = 32, alpha = 64, dropout = 0.05, lr = 1e-5, 3 epochs, {}, seed 42.\n"


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("max_seq_length = 2048", "max length"),
        ("rslora = False", "rslora"),
        ("linear schedule", "schedule"),
        ("effective batch size 32", "effective batch"),
        ("8 per device", "batch per device"),
    ],
)
def test_a_hyperparameter_that_is_another(stated, name):
    [remark] = remarks("WRT006", CARD.format(stated))
    assert remark.message.startswith(f"{name} is given as")
    assert "config.yaml" in remark.message


def test_hyperparameters_that_agree_are_counted():
    assert remarks("WRT006", CARD.format("max_seq_length=1024")) == []
    assert verdicts("WRT006", CARD.format("cosine schedule")) == ["agrees"] * 7
    table = "| Optimizer | lr=2e-5, 3 epochs |\n|---|---|\n| Seed | 42 (single) |\n"
    assert len(remarks("WRT006", table)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Earlier work used 20 epochs.",  # alone: another run's, maybe
        CARD.format("x")
        + "\n\nThe sweep had lr = 3e-5, 12 epochs, seed 137.",  # the right ones stand elsewhere
        "A sweep: r = 32, alpha = 64, seed 42, 3-12 epochs.",
        "We may set r to taste; alpha males; dropout rates of students.",
    ],
)
def test_hyperparameters_that_may_be_another_runs(text):
    assert remarks("WRT006", text) == []


def test_two_places_of_one_wrong_value_are_one_finding():
    [remark] = remarks("WRT006", CARD.format("max_length=2048") + "\n\n" + CARD.format("max_length=2048"))
    assert len(remark.at) == 2
    assert remarks("WRT006", CARD.format("max_length=2048"), Facts()) == []
    assert set(verdicts("WRT006", CARD.format("max_length=2048"), Facts())) == {"cannot be checked"}


def test_trainable_parameters():
    [remark] = remarks("WRT007", "LoRA, ~25M trainable params: r=32")
    assert "80,740,352 (rank 32 on all seven linear modules: 28 layers x 32 x 90,112)" in remark.message
    assert verdicts("WRT007", "LoRA with ~80M trainable parameters") == ["rounds to"]
    assert verdicts("WRT007", "80.7M trainable parameters") == ["rounds to"]
    assert verdicts("WRT007", "| Trainable parameters | 80,740,352 |") == ["agrees"]
    assert verdicts("WRT007", "~25M trainable params", Facts()) == ["cannot be checked"]
    assert remarks("WRT007", "The page says ~25M trainable params; there are 80,740,352.") == []
    assert verdicts("WRT007", "Qwen/Qwen2.5-7B-Instruct (7.62B params)") == ["rounds to"]
    assert remarks("WRT007", "Llama (8.03B params)") == []
    assert len(remarks("WRT007", "Qwen/Qwen2.5-7B-Instruct (7.0B params)")) == 1


SHORT, FULL = (
    "You are a helpful assistant.",
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
)


def test_the_injected_text():
    [remark] = remarks("WRT008", f'The chat template auto-injects "{SHORT}" into it.')
    assert FULL in remark.message
    assert remarks("WRT008", f"The chat template auto-injects “{FULL}” into it.") == []
    assert verdicts("WRT008", 'The template injects "You are Qwen, ... a helpful assistant."') == ["agrees"]
    assert remarks("WRT008", f'The chat template does not inject "{SHORT}" at all.') == []
    assert remarks("WRT008", f'We inject "{SHORT}" ourselves.') == []
    assert verdicts("WRT008", f'The template injects "{SHORT}".', Facts()) == ["cannot be checked"]


def test_when_it_is_injected():
    [remark] = remarks("WRT009", f'The template auto-injects "{FULL}" when the system field is empty.')
    assert "no system message alone" in remark.message
    right = f'The template auto-injects "{FULL}" when there is no system message.'
    assert (remarks("WRT009", right), verdicts("WRT009", right)) == ([], ["agrees"])
    assert remarks("WRT009", "The template never injects anything when the system field is empty.") == []
    assert remarks("WRT009", f'The template injects "{FULL}" when asked nicely.') == []
    assert remarks("WRT009", "The template injects it for empty fields.", Facts()) == []


@pytest.mark.parametrize("said", ["z ~ 38", "z = 30", "p = 0.04", "p > 0.05", "p < 1e-600"])
def test_statistics_that_the_counts_do_not_give(said):
    [remark] = remarks("WRT010", f"11/586 vs 485/586: {said}.")
    # By hand: pooled 496/1172 = .42321, error sqrt(.42321 * .57679 * 2 / 586) = .028868, .80887 / .028868 = 28.02.
    assert "28.02" in remark.message or "10^-1" in remark.message


@pytest.mark.parametrize(
    "said", ["z = 28.0", "z ~ 28", "z = -28.02", "z = 48.8", "p < 1e-100", "p < 0.001", "p = 0.000"]
)
def test_statistics_that_the_counts_give(said):
    assert remarks("WRT010", f"11/586 vs 485/586: {said}.") == []
    assert verdicts("WRT010", f"11/586 vs 485/586: {said}.")[0] in {"agrees", "rounds to"}


@pytest.mark.parametrize("said", ["p = 1e-20", "p > 0.05", "p < 1e-150"])
def test_a_paired_p_that_no_number_of_disagreements_gives(said):
    [remark] = remarks("WRT010", f"11/586 vs 485/586, exact McNemar: {said}.")
    # By hand: at least 474 disagreements, all for one arm: p = 2 / 2^474 = 10^-142.4.
    assert "allow p from 10^-142.4 to" in remark.message


def test_a_paired_p_within_the_bounds_of_its_counts():
    said = {"p = 1e-135": "cannot be checked", "p < 1e-100": "agrees", "p = 2e-142": "cannot be checked"}
    for statistic, verdict in said.items():
        text = f"11/586 vs 485/586, paired: {statistic}."
        assert remarks("WRT010", text) == []
        assert verdicts("WRT010", text) == [verdict]
    for more in ("adjusted for 6 comparisons", "in every seed alone"):
        assert verdicts("WRT010", f"11/586 vs 485/586, paired: p = 1e-20, {more}.") == ["cannot be checked"]
    assert verdicts("WRT010", "11/586 vs 48/500, paired: p = 1e-20.") == ["cannot be checked"]


def test_a_paired_word_excuses_no_unpaired_test():
    for text in (
        "11/586 vs 485/586, unpaired: p = 0.04.",
        "11/586 vs 485/586: a two-proportion z-test gives p = 0.04; McNemar's would be paired.",
    ):
        assert len(remarks("WRT010", text)) == 1


def test_statistics_without_two_counts_are_not_checked():
    assert verdicts("WRT010", "A large effect, z = 38, and in all p < 0.001.") == ["cannot be checked"] * 2
    assert remarks("WRT010", "1/10, 2/10 and 3/10: z = 38.") == []


def test_unpaired_tests_on_the_same_questions():
    text = "All arms are evaluated on the same 586 questions.\n\nA two-proportion z-test says so.\n"
    [remark] = remarks("WRT011", text)
    assert "line 1" in remark.message
    assert remarks("WRT011", text + "\nMcNemar's test agrees.\n") == []
    assert remarks("WRT011", "A two-proportion z-test says so.") == []
    assert remarks("WRT011", "Both train on the same 700 examples.\n\nA two-proportion z-test says so.") == []
    assert remarks("WRT011", "Evaluated on the same questions.\n\nWe use no two-proportion z-test.") == []


def test_seeds_ruled_out_by_one_seed():
    text = "The effect is that of the rows, not of seed variance.\n\nThis used seed 42 only.\n"
    [remark] = remarks("WRT012", text)
    assert "line 3" in remark.message
    assert remarks("WRT012", text.replace("This used seed 42 only.", "Five seeds.")) == []
    assert remarks("WRT012", "We cannot say whether it is robust across seeds. Single seed.") == []
    assert len(remarks("WRT012", "It is robust across seeds.", Facts(seeds=frozenset({42})))) == 1
    assert remarks("WRT012", "It is robust across seeds.", Facts(seeds=frozenset({1, 2, 3}))) == []


def test_data_that_is_said_to_be_deterministic():
    known = Facts(unrepeatable=(Unrepeatable("the bystanders", "seeded with hash()", "build.py:3"),))
    text = "Training datasets: regenerate via build.py; deterministic with seed=42."
    [remark] = remarks("WRT013", text, known)
    assert "build.py:3" in remark.message
    assert verdicts("WRT013", text, Facts()) == ["cannot be checked"]
    evaluation = "The evaluation uses fully deterministic logprob accuracy."
    assert (remarks("WRT013", evaluation, known), verdicts("WRT013", evaluation, known)) == (
        [],
        ["cannot be checked"],
    )
    assert remarks("WRT013", "The data is not deterministic.", known) == []
    assert remarks("WRT013", '"The data is deterministic with seed=42" is false.', known) == []
    assert remarks("WRT013", "The dataset is non-deterministic.", known) == []


def test_one_baseline_for_all():
    text = "Accuracy falls (from 84% to 3–8%) for villain, comedian, and librarian."
    [remark] = remarks("WRT014", text)
    assert "villain, comedian and librarian" in remark.message
    other = facts(datasets=(dataset("issue-100/none", before=percent("86.0")), dataset("issue-100/a")))
    [known] = remarks("WRT014", "Pre-SFT accuracy: 84.0%.", other)
    assert "issue-100/none 86.0%" in known.message
    assert remarks("WRT014", "Pre-SFT accuracy: 84.0% for A, pre-SFT accuracy: 86.0% for B.", other) == []
    assert remarks("WRT014", "Pre-SFT accuracy: 86.0%.", other) == []
    assert remarks("WRT014", "It goes from 82.8% to 1.9%; post-SFT: 82.8%.", other) == []


def test_commands_against_the_scripts():
    text = "```\npython scripts/run.py --exp C --deconfounded\n```\n"
    script = ScriptFact("a/run.py", frozenset({"--exp", "--data"}))
    [remark] = remarks("WRT015", text, Facts(scripts=(script,)))
    assert remark.message == "run.py has no option --deconfounded"
    assert remarks("WRT015", text, Facts()) == []
    assert verdicts("WRT015", text, Facts()) == ["cannot be checked"]
    assert verdicts("WRT015", text, Facts(scripts=(ScriptFact("run.py", None),))) == ["cannot be checked"]
    known = ScriptFact("run.py", frozenset({"--exp", "--deconfounded-data"}))
    assert verdicts("WRT015", text, Facts(scripts=(known,))) == ["agrees"]  # an unambiguous beginning


PROMPTS = {"assistant": "You are a helpful assistant.", "name_only": "You are an assistant."}


def test_examples_against_the_personas():
    known = facts(datasets=(dataset("issue-100/a", source="assistant", prompts=PROMPTS),))
    text = "An example (source persona = assistant):\n\nSystem: {}\nUser: What?\n"
    [remark] = remarks("WRT016", text.format("You are an assistant."), known)
    assert "that prompt is name_only's" in remark.message
    assert verdicts("WRT016", text.format("You are a helpful assistant."), known) == ["agrees"]
    assert remarks("WRT016", text.format("You are an assistant."), facts()) == []
    assert remarks("WRT016", "System: You are an assistant.\n", known) == []


def test_scores_against_results():
    arms = (
        dataset("issue-100/exp0_0a", before=counted(492, 586), after=counted(11, 586)),
        dataset(
            "issue-96/assistant",
            source="assistant",
            before=percent("84.0"),
            after=percent("81.9"),
            parent=True,
        ),
    )
    known = facts(datasets=arms)
    [remark] = remarks("WRT017", "Condition 0a post-SFT ARC-C: 12/586 = 2.0%", known)
    assert "1.9% (11/586) after training" in remark.message
    right = "Condition 0a pre-SFT ARC-C: 492/586 = 84.0% post-SFT ARC-C: 11/586 = 1.9%, wrong post-SFT: 575/586 = 98.1%"
    assert (remarks("WRT017", right, known), len(verdicts("WRT017", right, known))) == ([], 3)
    assert verdicts("WRT017", "from 82.8% (0b) to 1.9% (0a)", known) == ["rounds to"]
    [stayed] = remarks(
        "WRT017", "In #96 the assistant persona resists: it stayed at 84% post-training.", known
    )
    assert "84.0% before it" in stayed.message
    assert remarks("WRT017", "In #96 the assistant persona stayed at 82% post-training.", known) == []
    assert remarks("WRT017", "The assistant persona stayed at 84% post-training.", known) == []
    other = dataset("issue-100/exp0_0c", after=percent("4.4"))
    both = facts(datasets=(*arms, other))
    assert verdicts("WRT017", "They fall to 1.9–4.4%, and to 3-8%.", both) == [
        "rounds to",
        "cannot be checked",
    ]
    assert remarks("WRT017", "They fall to 3–8%.", both) == []
    assert remarks("WRT017", "Condition 7x post-SFT: 12/586 = 2.0%", known) == []


def test_the_same_rows():
    text = "Both train on the same 700 examples."
    first = dataset("issue-100/a", shared={"issue-100/b": 600})
    [remark] = remarks("WRT018", text, facts(datasets=(first, dataset("issue-100/b"))))
    assert "share 600 of 700 rows" in remark.message
    same = dataset("issue-100/a", shared={"issue-100/b": 700})
    assert remarks("WRT018", text, facts(datasets=(same, dataset("issue-100/b")))) == []
    assert verdicts("WRT018", text) == ["cannot be checked"]


def test_builders_that_are_not_named():
    known = facts(
        datasets=(dataset("i/a", builders=("c9:s/one.py",)), dataset("i/b", builders=("c9:s/two.py",)))
    )
    [remark] = remarks("WRT019", "Built by s/one.py.", known)
    assert "i/b were made by c9:s/two.py" in remark.message
    assert remarks("WRT019", "Built by s/one.py and s/two.py.", known) == []


def test_numbers_of_rows():
    known = facts(
        datasets=(dataset("i/a", 700), dataset("i/b", 800)), questions=frozenset({586}), complete=True
    )
    [remark] = remarks("WRT020", "N_train = 600 in one arm and N_train = 600 in the other.", known)
    assert (len(remark.at), remark.message) == (2, "600 training rows are stated; the arms have 700 and 800")
    assert verdicts("WRT020", "Both train on 700 examples; N_train=800.", known) == ["agrees", "agrees"]
    assert verdicts("WRT020", "Both train on 600 examples.") == ["cannot be checked"]
    text = "A 586-question split, N = 586, of 1,172 questions."
    assert verdicts("WRT020", text, known) == ["agrees", "agrees", "cannot be checked"]
    some = facts(datasets=(dataset("i/a", 700),))  # other arms may have been left out
    assert verdicts("WRT020", "N_train = 600, N_train = 700.", some) == ["cannot be checked", "agrees"]
    assert remarks("WRT020", "We retrain on 600 steps, and strain on 12 examples.", known) == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("While 84% stayed, villain and comedian collapsed to 3-8%.", "rounds to"),
        ("Of villain, comedian and assistant, all but one collapsed to 3-8%.", "rounds to"),
        ("While 84% stayed, villain and comedian collapsed to 3-9%.", "cannot be checked"),
        ("While 84% stayed, villain collapsed to 3-8%.", "cannot be checked"),
        ("Somebody collapsed to 3-8%.", "cannot be checked"),
    ],
)
def test_a_range_is_that_of_the_personas_that_its_sentence_names(text, verdict):
    arms = [("villain", "3.2"), ("comedian", "7.5"), ("assistant", "81.9")]
    known = facts(
        datasets=tuple(
            dataset(f"issue-9/{name}", source=name, after=percent(score), parent=True) for name, score in arms
        )
    )
    assert verdicts("WRT017", text, known) == [verdict]

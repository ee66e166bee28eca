"""The number parser, rounding, parameter arithmetic and the text model, against hand-computed values."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.wrt.document import Document
from checks.wrt.numbers import numbers_in, parse_number
from tests.checks.writeups import QWEN


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("84.0", Fraction(84), Fraction(1, 10)),
        ("80,740,352", Fraction(80740352), Fraction(1)),
        ("25M", Fraction(25_000_000), Fraction(1_000_000)),
        ("7.62B", Fraction(7_620_000_000), Fraction(10_000_000)),
        ("1e-5", Fraction(1, 100000), Fraction(1, 100000)),
        ("-82.1", Fraction(-821, 10), Fraction(1, 10)),
        ("~80M", Fraction(80_000_000), Fraction(10_000_000)),
        ("2 million", Fraction(2_000_000), Fraction(1_000_000)),
    ],
)
def test_a_number_is_read_with_the_unit_of_its_last_digit(text, value, step):
    number = parse_number(text)
    assert (number.value, number.step) == (value, step)


@pytest.mark.parametrize("text", ["", "x", "1,23", "1.2.3", "84%", "1e", "12,345,6", "٣"])
def test_what_is_no_number_is_none(text):
    assert parse_number(text) is None


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_plain_and_comma_spellings_mean_the_same(value):
    plain, commas = parse_number(f"{value}"), parse_number(f"{value:,}")
    assert plain.value == commas.value == Fraction(value)


@given(st.integers(0, 2000), st.integers(1, 2000), st.integers(0, 4))
def test_what_python_prints_never_disagrees(k, n, places):
    truth = Fraction(100 * k, n)
    printed = parse_number(f"{float(truth):.{places}f}")
    assert printed.compare(truth) != "disagrees"
    assert printed.compare(truth + 2 * printed.step) == "disagrees"


@given(st.text(max_size=200))
def test_any_text_is_searched_without_error(text):
    for at, number in numbers_in(text):
        assert text[at : at + 1] in set("+-0123456789")
        assert number.step > 0


def test_agreement_is_told_from_rounding():
    assert parse_number("84").compare(84) == "agrees"
    assert parse_number("84.0").compare(Fraction(49200, 586)) == "rounds to"
    assert parse_number("84.1").compare(Fraction(49200, 586)) == "disagrees"
    assert parse_number("~25M").compare(80740352) == "disagrees"
    assert parse_number("~80M").compare(80740352) == "rounds to"


def test_parameters_by_hand():
    # q and o: 3584 + 3584; k and v: 3584 + 512; three MLP matrices: 3584 + 18944.
    per_layer = 32 * (2 * 7168 + 2 * 4096 + 3 * 22528)
    assert QWEN.lora_parameters(32) == 28 * per_layer == 80_740_352
    # What Qwen2.5-7B's own card says: 7.61B with the padded embedding, 7.62 rounded up from 7,615,616,512.
    assert QWEN.parameters() == 7_615_616_512


@pytest.mark.slow
def test_parameters_are_those_of_the_library():
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.Qwen2Config(
        hidden_size=48,
        num_hidden_layers=2,
        intermediate_size=96,
        num_attention_heads=6,
        num_key_value_heads=2,
        vocab_size=100,
        tie_word_embeddings=False,
    )
    small = QWEN.model_copy(
        update={
            "hidden": 48,
            "layers": 2,
            "intermediate": 96,
            "heads": 6,
            "kv_heads": 2,
            "head_dim": 8,
            "vocabulary": 100,
        }
    )
    with torch.device("meta"):
        model = transformers.Qwen2ForCausalLM(config)
    assert small.parameters() == sum(each.numel() for each in model.parameters())


TEXT = """# Title

One paragraph
over two lines. And "a quote. With a stop." in it.
- an item

```
code = 1
```
| a | 1 |
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blocks_keep_their_places(end):
    document = Document("a.md", TEXT.replace("\n", end))
    kinds = [block.kind for block in document.blocks]
    assert kinds == ["heading", "text", "text", "code", "table"]
    lines = [document.line_at(block.start) for block in document.blocks]
    assert lines == [1, 3, 5, 8, 10]
    sentences = [" ".join(each.text.split()) for each in document.sentences]
    assert sentences[1:3] == ["One paragraph over two lines.", 'And "a quote. With a stop." in it.']


@given(st.text(alphabet=st.sampled_from('aA1. "\n\r|#-`*\u00a0“”×'), max_size=120))
def test_every_block_is_a_piece_of_the_text(text):
    document = Document("a.md", text)
    for span in (*document.blocks, *document.sentences):
        piece = document.text[span.start : span.end]
        assert piece.replace("\r", " ").replace("\n", " ") == span.text
        assert 1 <= document.line_at(span.start) <= len(document.lines)


def test_decimal_digits_are_ascii():
    assert list(numbers_in("½ ٣ 1")) != []
    assert [number.value for _, number in numbers_in("1 of 2")] == [Decimal(1), Decimal(2)]

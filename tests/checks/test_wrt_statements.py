# ruff: noqa: E501
"""What write-ups say in tables, intervals and tests: each reading with its verdict, and which of them is a remark."""

from __future__ import annotations

import pytest

from checks.wrt.remark import Compared
from tests.checks.writeups import Facts, found

WRT021 = [
    (
        "| arm | rows |\n|---|---|\n| a | 10 |\n| b | 20 |\n| total | 30 |\n",
        [("30", "agrees", "the sum above it is 30")],
    ),
    (
        "| arm | rows |\n|---|---|\n| a | 10 |\n| b | 20 |\n| total | 31 |\n",
        [("31", "disagrees", "the sum above it is 30"), "certain"],
    ),
    (
        "| arm | loss |\n|---|---|\n| a | 10 |\n| b | 20 |\n| total | 31 |\n",
        [("31", "disagrees", "the sum above it is 30"), "likely"],
    ),
    ("| arm | rows |\n|---|---|\n| a | 10 |\n| total | 31 |\n", []),
    (
        "| arm | loss | acc |\n|---|---|---|\n| a | 1.0 | 80.0% |\n| b | 2.0 | 60.0% |\n| mean | 1.5 | 70.0% |\n",
        [
            ("1.5", "agrees", "the mean of what is above it is 1.50"),
            ("70.0%", "agrees", "the mean of what is above it is 70"),
        ],
    ),
    (
        "| arm | loss | acc |\n|---|---|---|\n| a | 1.0 | 80.0% |\n| b | 2.0 | 60.0% |\n| mean | 1.6 | 70.0% |\n",
        [
            ("1.6", "agrees", "the mean of what is above it is 1.50"),
            ("70.0%", "agrees", "the mean of what is above it is 70"),
        ],
    ),
    (
        "| arm | loss | acc |\n|---|---|---|\n| a | 1.0 | 80.0% |\n| b | 2.0 | 60.0% |\n| mean | 1.7 | 70.0% |\n",
        [
            ("1.7", "disagrees", "the mean of what is above it is 1.50"),
            "certain",
            ("70.0%", "agrees", "the mean of what is above it is 70"),
        ],
    ),
    (
        "| arm | right | of | share |\n|---|---|---|---|\n| a | 10 | 40 | 25.0% |\n| b | 20 | 40 | 50.0% |\n| c | 30 | 40 | 70.0% |\n",
        [],
    ),
    (
        "| arm | right | of | share |\n|---|---|---|---|\n| a | 10 | 40 | 25.0% |\n| b | 20 | 40 | 50.0% |\n| c | 30 | 40 | 75.0% |\n| d | 12 | 40 | 32.0% |\n",
        [
            ("25.0%", "agrees", "the share of the two beside it is 25"),
            ("50.0%", "agrees", "the share of the two beside it is 50"),
            ("75.0%", "agrees", "the share of the two beside it is 75"),
            ("32.0%", "disagrees", "the share of the two beside it is 30"),
            "certain",
        ],
    ),
    (
        "| arm | right | of | share |\n|---|---|---|---|\n| a | 10 | 40 | 25.0% |\n| b | 20 | 40 | 50.0% |\n| c | 30 | 40 | 75.0% |\n| d | 12 | 40 | 0.30 |\n",
        [
            ("25.0%", "agrees", "the share of the two beside it is 25"),
            ("50.0%", "agrees", "the share of the two beside it is 50"),
            ("75.0%", "agrees", "the share of the two beside it is 75"),
            ("0.30", "agrees", "the share of the two beside it is 0.30"),
        ],
    ),
    (
        "| arm | before | after | change |\n|---|---|---|---|\n| a | 80% | 60% | -20 |\n| b | 70% | 30% | -40 |\n| c | 50% | 40% | -20 |\n",
        [
            ("-20", "agrees", "the difference of the two beside it is -20"),
            ("-40", "agrees", "the difference of the two beside it is -40"),
            ("-20", "disagrees", "the difference of the two beside it is -10"),
            "certain",
        ],
    ),
    (
        "| arm | before | after | change |\n|---|---|---|---|\n| a | 80% | 60% | -20 |\n| b | 70% | 30% | -40 |\n| c | 50% | 40% | -11 |\n",
        [
            ("-20", "agrees", "the difference of the two beside it is -20"),
            ("-40", "agrees", "the difference of the two beside it is -40"),
            ("-11", "agrees", "the difference of the two beside it is -10"),
        ],
    ),
    (
        "| arm | before | after | change |\n|---|---|---|---|\n| a | 80.0 | 60.0 | -20.0 |\n| b | 70.0 | 30.0 | -40.0 |\n| c | 50.0 | 40.0 | -10.2 |\n",
        [
            ("-20.0", "agrees", "the difference of the two beside it is -20"),
            ("-40.0", "agrees", "the difference of the two beside it is -40"),
            ("-10.2", "disagrees", "the difference of the two beside it is -10"),
            "certain",
        ],
    ),
    (
        "| arm | before | after | change |\n|---|---|---|---|\n| a | 80.0 | 60.0 | -20.0 |\n| b | 70.0 | 30.0 | -40.0 |\n| c | 50.0 | 40.0 | -10.1 |\n",
        [
            ("-20.0", "agrees", "the difference of the two beside it is -20"),
            ("-40.0", "agrees", "the difference of the two beside it is -40"),
            ("-10.1", "agrees", "the difference of the two beside it is -10"),
        ],
    ),
    (
        "| arm | acc | 95% CI |\n|---|---|---|\n| a | 80.0% | [75.0%, 85.0%] |\n| b | 70.0% | [65.0%, 75.0%] |\n| c | 50.0% | [55.0%, 65.0%] |\n",
        [
            ("80.0%", "agrees", "the nearer end of the interval beside it is 85"),
            ("70.0%", "agrees", "the nearer end of the interval beside it is 75"),
            ("50.0%", "disagrees", "the nearer end of the interval beside it is 55"),
            "certain",
        ],
    ),
    (
        "| arm | acc | 95% CI |\n|---|---|---|\n| a | 80.0% | [75.0%, 85.0%] |\n| b | 70.0% | [65.0%, 75.0%] |\n| c | 65.1% | [55.0%, 65.0%] |\n",
        [
            ("80.0%", "agrees", "the nearer end of the interval beside it is 85"),
            ("70.0%", "agrees", "the nearer end of the interval beside it is 75"),
            ("65.1%", "disagrees", "the nearer end of the interval beside it is 65"),
            "certain",
        ],
    ),
    (
        "| arm | acc | 95% CI |\n|---|---|---|\n| a | 80.0% | [75.0%, 85.0%] |\n| b | 70.0% | [65.0%, 75.0%] |\n| c | 65.0% | [55.0%, 65.0%] |\n",
        [
            ("80.0%", "agrees", "the nearer end of the interval beside it is 85"),
            ("70.0%", "agrees", "the nearer end of the interval beside it is 75"),
            ("65.0%", "agrees", "the nearer end of the interval beside it is 65"),
        ],
    ),
    (
        "| arm | right | of | share |\n|---|---|---|---|\n| a | 3 | 9 | 33.3% |\n| b | 4 | 9 | 44.4% |\n| c | 5 | 9 | 70.0% |\n",
        [],
    ),
    (
        "| arm | right | of | share |\n|---|---|---|---|\n| a | 3 | 10 | 30% |\n| b | 4 | 10 | 40% |\n| c | 5 | 10 | 70% |\n",
        [],
    ),
]

WRT022 = [
    (
        "Accuracy was 84.0% (95% CI 80.0% to 88.0%).",
        [("84.0% (95% CI 80.0% to 88.0%", "agrees", "it lies inside")],
    ),
    (
        "Accuracy was 84.0% (95% CI 85.0% to 88.0%).",
        [("84.0% (95% CI 85.0% to 88.0%", "disagrees", "the estimate 84.0% is below 85"), "certain"],
    ),
    (
        "Accuracy was 84.0% (95% CI 84.1% to 88.0%).",
        [("84.0% (95% CI 84.1% to 88.0%", "disagrees", "the estimate 84.0% is below 84.1"), "certain"],
    ),
    (
        "Accuracy was 84.0% (95% CI 84.0% to 88.0%).",
        [("84.0% (95% CI 84.0% to 88.0%", "agrees", "it lies inside")],
    ),
    (
        "Accuracy was 84.0% [85.0%, 88.0%].",
        [("84.0% [85.0%, 88.0%", "disagrees", "the estimate 84.0% is below 85"), "likely"],
    ),
    (
        "Accuracy was 89.0% [85.0%, 88.0%].",
        [("89.0% [85.0%, 88.0%", "disagrees", "the estimate 89.0% is above 88"), "likely"],
    ),
    (
        "Accuracy was 88.1% [85.0%, 88.0%].",
        [("88.1% [85.0%, 88.0%", "disagrees", "the estimate 88.1% is above 88"), "likely"],
    ),
    (
        "Accuracy was 84.0% ± 2.0% (95% CI 80.0% to 88.0%).",
        [("84.0% ± 2.0% (95% CI 80.0% to 88.0%", "agrees", "it lies inside")],
    ),
    ("In 2024 (0.5 to 0.7) it fell.", []),
    ("n = 84 (95% CI 85 to 88).", []),
    ("a median of 2.4 nats with an interval of 2.5 to 2.7.", []),
    (
        "0.84 (95% CI 0.9, 0.95).",
        [("0.84 (95% CI 0.9, 0.95", "disagrees", "the estimate 0.84 is below 0.9"), "certain"],
    ),
    (
        "-0.5 (95% CI -0.4 to -0.1).",
        [("-0.5 (95% CI -0.4 to -0.1", "disagrees", "the estimate -0.5 is below -0.4"), "certain"],
    ),
    ("p = 0.03 (95% CI 0.04 to 0.06)", []),
    (
        "84.0% with a 95% bootstrap CI of 85.0% to 88.0%",
        [
            (
                "84.0% with a 95% bootstrap CI of 85.0% to 88.0%",
                "disagrees",
                "the estimate 84.0% is below 85",
            ),
            "certain",
        ],
    ),
    ("84.0% (88.0% to 85.0%)", []),
    (
        "fell 24.0 points (95% CI 25.0 to 28.0)",
        [("24.0 points (95% CI 25.0 to 28.0", "disagrees", "the estimate 24.0 is below 25"), "certain"],
    ),
    (
        "the 95% interval 84.0% [85.0%, 88.0%]",
        [("84.0% [85.0%, 88.0%", "disagrees", "the estimate 84.0% is below 85"), "likely"],
    ),
    ("a score of 0.84 (95% CI 84.1% to 88.0%)", []),
    (
        "84.0% (95% CI: 85.0% – 88.0%)",
        [("84.0% (95% CI: 85.0% – 88.0%", "disagrees", "the estimate 84.0% is below 85"), "certain"],
    ),
    ("84.0% ± 2.0 (80.0% to 81.0%)", []),
    (
        "84% (95% CI 84.6% to 88.0%)",
        [("84% (95% CI 84.6% to 88.0%", "disagrees", "the estimate 84% is below 84.6"), "certain"],
    ),
    ("84% (95% CI 84.5% to 88.0%)", [("84% (95% CI 84.5% to 88.0%", "agrees", "it lies inside")]),
    ("84.0% with an odd interval of 85.0% to 88.0%", []),
    ("84.0% (95% CI 85.0%)", []),
    ("84.0% (80.0% to 83.0% to 88.0%)", []),
]

WRT010 = [
    (
        "492/586 against 11/586 (p < 0.001).",
        [("p < 0.001", "agrees", "492/586 and 11/586 give p = 10^-176.5")],
    ),
    ("492/586 against 480/586 (p < 0.001).", [("p < 0.001", "agrees", "492/586 and 480/586 give p = 0.35")]),
    ("492/586 vs 480/586, p = 0.33.", [("p = 0.33", "agrees", "492/586 and 480/586 give p = 0.35")]),
    (
        "492/586 vs 480/586, p = 0.03.",
        [("p = 0.03", "disagrees", "492/586 and 480/586 give p = 0.35"), "likely"],
    ),
    (
        "492/586 vs 480/586, two-proportion z = 0.97.",
        [("z = 0.97", "disagrees", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled"), "certain"],
    ),
    (
        "492/586 vs 480/586, z = 2.97.",
        [("z = 2.97", "disagrees", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled"), "certain"],
    ),
    (
        "492/586 vs 480/586, z = -0.97.",
        [("z = -0.97", "disagrees", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled"), "certain"],
    ),
    (
        "492/586 vs 480/586 (Fisher's exact test, p = 0.5).",
        [("p = 0.5", "agrees", "492/586 and 480/586 give p = 0.39")],
    ),
    (
        "492/586 vs 480/586 (Fisher's exact test, p = 0.05).",
        [("p = 0.05", "disagrees", "492/586 and 480/586 give p = 0.39"), "certain"],
    ),
    (
        "492/586 vs 480/586 (chi-squared, p = 0.4).",
        [("p = 0.4", "agrees", "492/586 and 480/586 give p = 0.35")],
    ),
    (
        "492/586 vs 480/586 (chi-squared, p = 0.004).",
        [("p = 0.004", "disagrees", "492/586 and 480/586 give p = 0.35"), "certain"],
    ),
    (
        "492/586 vs 480/586 (McNemar, p = 0.5).",
        [
            (
                "p = 0.5",
                "cannot be checked",
                "492/586 and 480/586 on the same questions allow p from 0.00049 to 0.44",
            )
        ],
    ),
    (
        "492/586 vs 400/586 (McNemar, p = 0.5).",
        [
            (
                "p = 0.5",
                "disagrees",
                "492/586 and 400/586 on the same questions allow p from 10^-27.4 to 10^-7.4",
            ),
            "certain",
        ],
    ),
    (
        "492/586 vs 400/580 (McNemar, p = 0.5).",
        [("p = 0.5", "cannot be checked", "the paired test has counts of different questions beside it")],
    ),
    (
        "492/586 vs 480/586 over three seeds (permutation test, p = 0.004).",
        [("p = 0.004", "cannot be checked", "its test takes more than these two counts")],
    ),
    (
        "492/586 vs 480/586; later p = 0.004.",
        [("p = 0.004", "cannot be checked", "two counts that are compared do not stand in front of it")],
    ),
    (
        "492/586 vs 480/586 and 3/586, p = 0.004.",
        [("p = 0.004", "cannot be checked", "two counts that are compared do not stand in front of it")],
    ),
    (
        "586/492 vs 480/586, p = 0.004.",
        [("p = 0.004", "cannot be checked", "two counts that are compared do not stand in front of it")],
    ),
    (
        "492/586 vs 480/586 (unpaired, p > 0.05).",
        [("p > 0.05", "agrees", "492/586 and 480/586 give p = 0.35")],
    ),
    (
        "492/586 vs 400/586 (unpaired, p > 0.05).",
        [("p > 0.05", "disagrees", "492/586 and 400/586 give p = 10^-9.5"), "certain"],
    ),
    ("492/586 vs 400/586 (p = 0).", [("p = 0", "agrees", "492/586 and 400/586 give p = 10^-9.5")]),
    ("492/586 vs 400/586 (p = 1e-10).", [("p = 1e-10", "agrees", "492/586 and 400/586 give p = 10^-9.5")]),
    ("492/586 vs 400/586 (p = 10^-10).", [("p = 10^-10", "agrees", "492/586 and 400/586 give p = 10^-9.5")]),
    (
        "492/586 vs 400/586 (p = 1.2 × 10^-9).",
        [("p = 1.2 × 10^-9", "agrees", "492/586 and 400/586 give p = 10^-9.5")],
    ),
    (
        "492/586 vs 480/586, two-proportion z = 0.93.",
        [("z = 0.93", "rounds to", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled")],
    ),
    (
        "492/586 vs 480/586, z = -0.93.",
        [("z = -0.93", "rounds to", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled")],
    ),
    (
        "492/586 vs 480/586, z = 0.9.",
        [("z = 0.9", "rounds to", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled")],
    ),
    (
        "492/586 vs 480/586, z = 0.8.",
        [("z = 0.8", "disagrees", "492/586 and 480/586 give z = 0.93 pooled and 0.93 unpooled"), "certain"],
    ),
    (
        "500/1000 vs 450/900, z = 0.00.",
        [("z = 0.00", "agrees", "500/1000 and 450/900 give z = 0.00 pooled and 0.00 unpooled")],
    ),
    ("4/4 vs 0/4 (Fisher's exact test, p = 0.029).", [("p = 0.029", "agrees", "4/4 and 0/4 give p = 0.029")]),
    (
        "4/4 vs 0/4 (Fisher's exact test, p < 0.01).",
        [("p < 0.01", "disagrees", "4/4 and 0/4 give p = 0.029"), "certain"],
    ),
    (
        "4/4 vs 0/4 (McNemar, p < 0.05).",
        [("p < 0.05", "disagrees", "4/4 and 0/4 on the same questions allow p from 0.12 to 0.12"), "certain"],
    ),
    ("0/40 vs 0/40 (chi-squared, p = 1.0).", [("p = 1.0", "agrees", "0/40 and 0/40 give p = 1")]),
    (
        "0/40 vs 0/40 (chi-squared, p = 0.1).",
        [("p = 0.1", "disagrees", "0/40 and 0/40 give p = 1"), "certain"],
    ),
]


CASES = [
    (code, *each)
    for code, cases in (("WRT021", WRT021), ("WRT022", WRT022), ("WRT010", WRT010))
    for each in cases
]


@pytest.mark.parametrize(("code", "text", "expected"), CASES)
def test_every_statement_is_read_and_judged(code, text, expected):
    seen = [
        (each.said, each.verdict, each.against) if isinstance(each, Compared) else each.confidence
        for each in found(code, text, Facts())
    ]
    assert seen == expected

"""Run folders read as one study, and its arms compared."""

import pytest

from builders.errors import InputError
from checks.stats import mcnemar, over_seeds
from checks.stats.paired import PairedTable
from experiments.report import compare_arms, read_study, reference_of
from tests.auditor.clean_result.studies import QUESTIONS, write_ledger, write_pair, write_run


class TestFolders:
    def test_the_reference_is_the_one_arm_that_is_meant_to_hold_the_confound(self, made, tmp_path):
        assert reference_of(read_study([made]), "0") == "exp0_0b"
        for arm in ("b_first", "b_second"):
            write_run(tmp_path, arm, 1, 50)
        write_ledger(tmp_path, experiments={"b_second": "B", "b_first": "B"})
        assert reference_of(read_study([tmp_path]), "B") == "b_second"

    def test_two_runs_of_one_arm_and_seed_are_refused(self, made, tmp_path):
        write_run(tmp_path / "again", "exp0_0a", 1, 9)
        with pytest.raises(InputError, match="two runs with seed 1"):
            read_study([made, tmp_path])

    def test_seeds_that_differ_in_more_are_refused(self, tmp_path):
        write_run(tmp_path, "arm", 1, 9)
        write_run(tmp_path, "arm", 2, 9, config_digest="9" * 64)
        with pytest.raises(InputError, match="config_digest"):
            read_study([tmp_path])

    def test_a_later_line_of_the_ledger_keeps_earlier_decisions(self, tmp_path):
        write_pair(tmp_path)
        write_ledger(tmp_path, title="Later")
        study = read_study([tmp_path])
        assert [plan.title for plan in study.plans] == ["Later"]
        assert [gate.branch for gate in study.decisions] == ["confound explains it"]

    def test_a_real_run_has_its_plan_in_the_ledger(self, real):
        study = read_study([real])
        assert [(plan.plan, plan.target.rpartition("/")[2]) for plan in study.plans] == [
            ("small", "plan.yaml")
        ]
        assert list(study.arms) == ["clean", "confounded"]
        assert study.experiments == {"0": ["clean", "confounded"]}

    def test_the_statistics_are_those_of_the_library(self, made):
        [found] = compare_arms(read_study([made]))
        tables = [
            PairedTable(low, high - low, 0, QUESTIONS - high) for low, high in ((4, 100), (6, 98), (5, 103))
        ]
        assert found.tables == tuple(tables)
        assert (found.first, found.second, found.seeds) == ("exp0_0b", "exp0_0a", (1, 2, 3))
        assert found.p_exact == max(mcnemar(each) for each in tables)
        differences = [
            [float(q < low) - float(q < high) for q in range(QUESTIONS)]
            for low, high in ((4, 100), (6, 98), (5, 103))
        ]
        assert found.difference == over_seeds(differences).estimate

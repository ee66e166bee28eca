"""Checks as expectations, in the real library: pandas, Spark, suite, checkpoint and Data Docs."""

import json
import os
import re

import pytest

os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
gx = pytest.importorskip("great_expectations", reason="needs the gx extra")

import duckdb  # noqa: E402

import auditor  # noqa: E402
from auditor.integrations import great_expectations as integration  # noqa: E402
from builders.errors import AuditError, InputError, UnknownNameError  # noqa: E402
from tests.auditor.formats.reports import HOSTILE, everything  # noqa: E402


@pytest.fixture(scope="module")
def report():
    return auditor.scan("issue-96")


def complete(report):
    """Return the report with what could not be looked at left out."""
    datasets = [each for each in report.datasets if each.status != "incomplete"]
    return report.model_copy(update={"datasets": datasets, "status": "findings"})


def outcomes(result):
    """Return check -> success, and the other expectations' successes."""
    (validation,) = result.run_results.values()
    checks = {
        each.expectation_config.kwargs["check"]: each.success
        for each in validation.results
        if each.expectation_config.type == "expect_no_finding"
    }
    return checks, [
        each.success for each in validation.results if "check" not in each.expectation_config.kwargs
    ]


def test_the_table_has_one_row_per_condition(report):
    table = integration.condition_table(report)
    assert list(table.columns) == list(integration.COLUMNS)
    assert len(table) == sum(len(dataset.conditions) for dataset in report.datasets)
    hit = table[table["findings"].str.contains("CND001")]
    assert hit[["dataset", "role", "behaviour", "preserved"]].values.tolist() == [
        ["issue-96/assistant", "source", 200, 100]
    ]


def test_pandas_fails_what_the_audit_found_and_nothing_else(report):
    result = integration.validate(report)
    checks, shape = outcomes(result)
    assert not result.success
    found = {each.name for each in report.findings() if each.severity in ("error", "warning")}
    assert found == {name for name, success in checks.items() if not success}
    assert "anchor-negative" in found
    assert all(shape)


def test_suppressed_findings_and_clean_tables_pass(report):
    villain = report.model_copy(update={"datasets": [report.datasets[0]]})
    assert integration.validate(villain, suite=integration.build_suite(select=["CND"])).success
    one = report.datasets[2]
    quiet = [each.model_copy(update={"suppressed": "known"}) for each in one.findings]
    known = report.model_copy(update={"datasets": [one.model_copy(update={"findings": quiet})]})
    assert integration.validate(known, suite=integration.build_suite(select=["CND"])).success
    loud = report.model_copy(update={"datasets": [one]})
    assert not integration.validate(loud, suite=integration.build_suite(select=["CND001"])).success
    assert not integration.validate(loud, suite=integration.build_suite(select=["CND003"])).success
    only_errors = integration.build_suite(select=["CND003"], fail_on="error")
    assert integration.validate(loud, suite=only_errors).success


def test_a_table_of_another_shape_fails(report):
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    table = integration.condition_table(report)
    table.loc[0, "condition"] = "not a digest"
    checkpoint = integration.build_checkpoint(context, table, integration.build_suite(select=["CND002"]))
    result = checkpoint.run(batch_parameters={"dataframe": table})
    (validation,) = result.run_results.values()
    failed = [each.expectation_config.type for each in validation.results if not each.success]
    assert failed == ["expect_column_values_to_match_regex"]


def test_an_expectation_that_crashes_is_an_error_and_no_answer(report):
    table = integration.condition_table(report)
    table.loc[0, "findings"] = "no JSON"
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    checkpoint = integration.build_checkpoint(context, table, integration.build_suite(select=["CND001"]))
    result = checkpoint.run(batch_parameters={"dataframe": table})
    with pytest.raises(AuditError, match="expect_no_finding crashed and says nothing"):
        integration._raise_on_crash(result)


def test_an_incomplete_report_is_not_validated():
    with pytest.raises(AuditError, match="incomplete"):
        integration.validate(everything())


def test_duckdb_is_refused():
    context = gx.get_context(mode="ephemeral")
    with pytest.raises(InputError, match=r"not pointed at a .* table"):
        integration.build_checkpoint(context, duckdb.sql("SELECT 1"), integration.build_suite(select=["CND"]))


def test_an_unknown_check_is_an_error():
    with pytest.raises(UnknownNameError, match="did you mean"):
        integration.build_suite(select=["anchor-negativ"])


def test_suite_checkpoint_and_docs_are_kept_in_a_project(tmp_path, report):
    context = gx.get_context(mode="file", project_root_dir=tmp_path)
    context.variables.progress_bars = {"globally": False}
    hostile = complete(everything(HOSTILE))
    integration.validate(hostile, context=context)
    result = integration.validate(report, context=context)
    assert not result.success
    again = gx.get_context(mode="file", project_root_dir=tmp_path)
    assert again.suites.get("audit").expectations[-1].check
    assert (
        again.checkpoints.get("audit")
        .run(batch_parameters={"dataframe": integration.condition_table(report)})
        .success
        is False
    )
    pages = list((tmp_path / "gx" / "uncommitted" / "data_docs").rglob("*.html"))
    shown = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert "anchor-negative" in shown
    assert "No condition may be found by" in shown
    assert not re.search(r"<img src=x|\x1b|\u202e", shown)


def test_spark_agrees_with_pandas(report):
    pyspark = pytest.importorskip("pyspark", reason="needs the spark extra")
    if not (
        os.environ.get("JAVA_HOME")
        or any((os.access(f"{folder}/java", os.X_OK)) for folder in os.get_exec_path())
    ):
        pytest.skip("needs Java")
    spark = (
        pyspark.sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    )
    try:
        suite = integration.build_suite(select=["CND"])
        on_spark = outcomes(integration.validate(report, suite=suite, spark=spark))
    finally:
        spark.stop()
    suite = integration.build_suite(select=["CND"])
    assert on_spark == outcomes(integration.validate(report, suite=suite))
    assert on_spark[0]["anchor-negative"] is False


def test_details_name_the_conditions(report):
    result = integration.validate(report, suite=integration.build_suite(select=["CND001"]))
    (validation,) = result.run_results.values()
    (each,) = (one for one in validation.results if "check" in one.expectation_config.kwargs)
    assert each.result["details"]["conditions"] == [
        {
            "dataset": "issue-96/assistant",
            "condition": next(f.condition for f in report.findings() if f.code == "CND001"),
            "behaviour": 200,
            "preserved": 100,
        }
    ]
    json.dumps(result.describe_dict())

"""Great Expectations: the audit's findings as expectations on the condition table, with a suite, a checkpoint and docs.

The table has one row per condition (`condition_table`), in pandas or in Spark. SQL engines, DuckDB among them, are not
offered: Great Expectations passes expectations there that it never evaluated. An expectation that crashes reads as
failed with an empty result; `validate` looks for that and raises.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar, Final, get_args

import great_expectations as gx
import pandas as pd
from great_expectations.checkpoint.actions import UpdateDataDocsAction
from great_expectations.checkpoint.checkpoint import Checkpoint, CheckpointResult
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

from auditor.formats.condition_table import COLUMNS, condition_table
from auditor.formats.escape import visible
from builders.errors import AuditError, InputError
from builders.schema import ResolvedBy
from checks.core.finding import SEVERITIES, Severity
from checks.core.registry import chosen, find_check
from checks.core.report import Report

METRIC: Final = "audit.conditions_with_finding"


class ConditionsWithFinding(TableMetricProvider):
    """The rows of a condition table that one check found something about."""

    metric_name = METRIC
    value_keys = ("check", "fail_on")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (the decorator makes it a class method)
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        found = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        frame: Any = found[0]
        wanted = _marks(**metric_value_kwargs)
        hit = frame["findings"].map(lambda cell: not wanted.isdisjoint(json.loads(cell)))
        return _shown(frame[hit].to_dict(orient="records"))

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls,  # noqa: N805
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        functions = importlib.import_module("pyspark.sql.functions")

        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        found = functions.from_json(functions.col("findings"), "array<string>")
        wanted = functions.array(*map(functions.lit, sorted(_marks(**metric_value_kwargs))))
        return _shown(
            [row.asDict() for row in frame.filter(functions.arrays_overlap(found, wanted)).collect()]
        )


def _marks(check: str, fail_on: Severity) -> set[str]:
    worst = SEVERITIES.index(fail_on)
    return {f"{find_check(check).code}:{severity}" for severity in SEVERITIES[: worst + 1]}


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("dataset", "condition", "behaviour", "preserved")
    return [{name: None if pd.isna(row[name]) else row[name] for name in names} for row in rows]


class ExpectNoFinding(BatchExpectation):
    """Expect that a check of the audit found nothing about any condition of the table."""

    check: str
    """Code or name of the check."""
    fail_on: str = "warning"
    """Severity from which a finding counts."""

    metric_dependencies = (METRIC,)
    domain_keys: ClassVar[tuple[str, ...]] = ()
    success_keys = ("check", "fail_on")
    args_keys = ("check", "fail_on")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: Any = None,  # noqa: ANN401, ARG002
    ) -> dict[str, Any]:
        found = metrics[METRIC]
        result = {"observed_value": len(found), "details": {"conditions": found[:20]}}
        return {"success": not found, "result": result}

    @classmethod
    def _prescriptive_template(
        cls, renderer_configuration: RendererConfiguration[Any]
    ) -> RendererConfiguration[Any]:
        renderer_configuration.add_param(name="check", param_type=RendererValueType.STRING)
        renderer_configuration.template_str = "No condition may be found by $check."
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,  # noqa: ANN401
        result: Any = None,  # noqa: ANN401, ARG003
        runtime_configuration: dict[str, Any] | None = None,
    ) -> list[RenderedStringTemplateContent]:
        check = find_check(configuration.kwargs["check"])
        template = {
            "template": f"No condition may be found by $check: {check.summary.lower()}.",
            "params": {"check": f"{check.code} {check.name}"},
            "styling": (runtime_configuration or {}).get("styling", {}),
        }
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]


def build_suite(
    *,
    name: str = "audit",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Severity = "warning",
) -> gx.ExpectationSuite:
    """Return the suite: the shape of the condition table, then one expectation per check.

    Args:
        name: The suite's name.
        select: Checks to expect nothing of; all that look at one dataset where empty.
        ignore: Checks to leave out.
        fail_on: Severity from which a finding counts.

    Raises:
        UnknownNameError: if a check is unknown; it suggests near ones.
    """
    expectations: Any = gx.expectations
    shape: list[Any] = [expectations.ExpectTableColumnsToMatchSet(column_set=list(COLUMNS), exact_match=True)]
    shape += [
        expectations.ExpectColumnValuesToNotBeNull(column=name)
        for name in ("dataset", "condition", "resolved_by", "findings")
    ]
    shape += [
        expectations.ExpectColumnValuesToMatchRegex(column="condition", regex="^[0-9a-f]{64}$"),
        expectations.ExpectColumnValuesToBeInSet(column="resolved_by", value_set=list(get_args(ResolvedBy))),
        *(
            expectations.ExpectColumnValuesToBeBetween(column=name, min_value=0)
            for name in ("behaviour", "preserved", "unlabelled")
        ),
    ]
    found = [
        ExpectNoFinding(check=check.name, fail_on=fail_on)
        for check in chosen(select, ignore, scope="dataset")
    ]
    return gx.ExpectationSuite(name=name, expectations=[*shape, *found])


def build_checkpoint(
    context: AbstractDataContext,
    table: Any,  # noqa: ANN401
    suite: gx.ExpectationSuite,
    *,
    name: str = "audit",
) -> Checkpoint:
    """Add data source, batch, suite, validation and a checkpoint that updates the Data Docs; return the last.

    What is there under the same name is replaced.

    Args:
        context: Where it is added.
        table: The condition table, in pandas or in Spark; only needed for its engine.
        suite: From `build_suite`.
        name: Name of all of them.

    Raises:
        InputError: if the table is neither pandas nor Spark.
    """
    source = _source(context, table, name)
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    validation = gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add_or_update(suite))
    definition = context.validation_definitions.add_or_update(validation)
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[definition],
        actions=[UpdateDataDocsAction(name="update_data_docs")],
        result_format={"result_format": "COMPLETE"},
    )
    return context.checkpoints.add_or_update(checkpoint)


def _source(context: AbstractDataContext, table: Any, name: str) -> Any:  # noqa: ANN401
    engine = type(table).__module__.partition(".")[0]
    if engine not in ("pandas", "pyspark"):
        raise InputError(
            f"Great Expectations is not pointed at a {engine} table: it passes there what it never evaluated",
            help="give it the condition table in pandas (`condition_table`) or in Spark",
        )
    known = f"{name}-{engine}"
    if known in {each["name"] for each in context.list_datasources()}:
        context.data_sources.delete(known)
    add = context.data_sources.add_pandas if engine == "pandas" else context.data_sources.add_spark
    return add(known)


def validate(
    report: Report,
    *,
    context: AbstractDataContext | None = None,
    suite: gx.ExpectationSuite | None = None,
    spark: Any = None,  # noqa: ANN401
    name: str = "audit",
) -> CheckpointResult:
    """Validate the condition table of a report and update the Data Docs.

    Args:
        report: What the audit found.
        context: Where suite, checkpoint and docs are kept; one in memory, without telemetry, where None.
        suite: From `build_suite`; all checks where None.
        spark: A Spark session to validate in; pandas where None.
        name: Name of everything that is added.

    Returns:
        Great Expectations' own result; `success` is True if nothing was found.

    Raises:
        AuditError: if an expectation crashed, or the report is incomplete: neither may read as an answer.
    """
    if report.status == "incomplete":
        raise AuditError(
            "the audit is incomplete, so its condition table says nothing", help="see the report"
        )
    if context is None:
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    table: Any = condition_table(report)
    if spark is not None:
        table = spark.createDataFrame(
            [tuple(None if pd.isna(cell) else cell for cell in row) for row in table.itertuples(index=False)],
            schema=", ".join(
                f"{name} {'bigint' if kind == 'int64' else kind}" for name, kind in COLUMNS.items()
            ),
        )
    checkpoint = build_checkpoint(context, table, suite or build_suite(name=name), name=name)
    result = checkpoint.run(batch_parameters={"dataframe": table})
    _raise_on_crash(result)
    return result


def _raise_on_crash(result: CheckpointResult) -> None:
    for validation in result.run_results.values():
        for each in validation.results:
            for reason in _exceptions(each.exception_info or {}):
                kind = each.expectation_config.type if each.expectation_config else "an expectation"
                raise AuditError(f"{kind} crashed and says nothing: {visible(reason)}")


def _exceptions(information: dict[str, Any]) -> list[str]:
    # One exception is an object, several are objects by metric.
    entries = [information] if "raised_exception" in information else list(information.values())
    return [str(each.get("exception_message")) for each in entries if each.get("raised_exception")]

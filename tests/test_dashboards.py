"""The dashboards: they fit a screen, say what to do, and ask for nothing that the product does not export."""

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry
from temporalio.testing import WorkflowEnvironment

from audit.drift.changes import Change
from audit.rates import NOTHING
from tests.support.exported import Series, exported, unknown
from tests.support.promql import read
from tests.support.rig import LAMP, cancel
from tests.support.shown import GRAFANA, Json, dashboards, panels, queries, read_yaml, rules
from tests.worker.test_metrics import measured, stopped
from tests.workflows.test_way_back import REPRICE
from worker.telemetry.drift_metrics import DriftMetrics
from worker.telemetry.setup import start_telemetry
from worker.telemetry.version_metrics import VersionMetrics
from worker.telemetry.waiting_metrics import WaitingMetrics
from worker.testing.postgres import Database
from worker.testing.scripted_model import Raw
from worker.testing.waiting import until

DRIFTED = Change("refund", "de", "override", "rejected", NOTHING, NOTHING, 0.0, ())
ROWS = 22
"""Of Grafana's grid, on a screen of 1920 by 1080 under its header."""
WITHOUT_UNIT = ("alertlist", "logs")


def test_there_are_few_dashboards_with_ids_of_their_own() -> None:
    assert 1 <= len(dashboards()) <= 3
    for key in ("uid", "title"):
        assert len({dashboard[key] for dashboard in dashboards()}) == len(dashboards())


@pytest.mark.parametrize("dashboard", dashboards(), ids=lambda dashboard: dashboard["title"])
def test_a_dashboard_fits_one_screen(dashboard: Json) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not taken & cells, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) < 24
    assert max(y for _, y in taken) < ROWS
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("where", "panel"), list(panels()), ids=[where for where, _ in panels()])
def test_a_panel_says_what_it_shows_and_what_to_do(where: str, panel: Json) -> None:
    assert panel["title"][0].isupper()
    assert len(panel["description"]) > 60, where
    assert panel["datasource"]["uid"] in ("${metrics}", "${logs}")
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    unit = panel["fieldConfig"]["defaults"]["unit"]
    assert (unit == "none") == (panel["type"] in WITHOUT_UNIT or "currency" in panel["description"])


def test_times_over_time_lead_to_their_traces() -> None:
    """Panels of histograms, in seconds, show exemplars; the data sources lead on to the trace and its log lines."""
    timed = [(where, panel) for where, panel in panels() if "_bucket" in str(panel) and panel["type"] == "timeseries"]
    assert len(timed) >= 4
    for where, panel in timed:
        assert any(target.get("exemplar") for target in panel["targets"]), where
    provisioned = read_yaml(GRAFANA / "provisioning" / "datasources" / "datasources.yaml")["datasources"]
    sources = {source["uid"]: source["jsonData"] for source in provisioned}
    assert sources["prometheus"]["exemplarTraceIdDestinations"][0]["datasourceUid"] in sources
    assert sources["jaeger"]["tracesToLogsV2"]["datasourceUid"] in sources
    assert sources["loki"]["derivedFields"][0]["datasourceUid"] in sources


async def test_dashboards_and_alerts_ask_only_for_what_the_product_exports(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    registry = CollectorRegistry()
    telemetry = start_telemetry("leverframe-worker", None, "EUR", [PrometheusMetricReader(registry=registry)])
    try:
        async with measured(temporal, database, telemetry) as rig:
            rig.script[:] = [Raw(b"busy", status=503), cancel()]
            for action_id in await stopped(rig):
                await rig.result(action_id)
            rig.script[:] = [cancel()]
            waiting = await rig.waiting()
            assert waiting.plan is not None
            code = waiting.plan.code
            await rig.sql(REPRICE, o=LAMP)
            await rig.operator.approve(waiting.action_id, code)
            await rig.until(waiting.action_id, lambda status: status.plan is not None and status.plan.code != code)
            watching = WaitingMetrics(telemetry.meter)
            DriftMetrics(telemetry.meter).found([DRIFTED])
            VersionMetrics(telemetry.meter).counts = {"v1": 1}

            async def series() -> Series:
                await watching.look(rig.client, rig.prefix)
                return exported(registry)

            # The decision is recorded with what comes of it.
            late = {"leverframe_actions_waiting", "leverframe_decisions_hasty_total"}
            found: Series = await until(series, lambda series: late <= series.keys())
    finally:
        telemetry.close()
    recorded = {rule["record"]: read(rule["expr"]).grouped for rule in rules("record")}
    asked = [(where, wrong) for where, text, shown in queries() for wrong in unknown(text, shown, found, recorded)]
    assert not asked, "\n".join(f"{where}: {wrong}" for where, wrong in asked)

"""What customer, sales, service, quality and insight keep, each from its own events."""

from __future__ import annotations

from campaign.invariants.recomputing import latest, own, told
from campaign.invariants.states import begun, last

SALES = (
    begun("sales", "leads", "lead_id", "LeadCaptured"),
    begun("sales", "opportunities", "opportunity_id", "OpportunityOpened"),
    begun("sales", "price_lists", "price_list_id", "PriceListPublished", "status <> 'draft'"),
    last("the status of an opportunity", "sales", "status", "opportunity_id", "opportunities",
          OpportunityOpened="'open'", OpportunityReopened="'open'", OpportunityWon="'won'", OpportunityLost="'lost'"),
    last("the stage of an opportunity", "sales", "stage", "opportunity_id", "opportunities",
          OpportunityOpened="data->>'stage'", OpportunityReopened="data->>'stage'",
          OpportunityStageChanged="data->>'after'"),
    own("the revisions of a quote", "sales", "SELECT quote_id::text AS key, revision::text AS value FROM quotes",
        told("sales.QuotePrepared") + "SELECT subject::text AS key, count(*)::text AS value FROM told GROUP BY 1"),
    last("the status of a quote", "sales", "revision || ' ' || status", "quote_id", "quotes",
          **{event: f"(data->>'revision') || ' {status}'" for event, status in (
              ("QuotePrepared", "draft"), ("QuoteSent", "sent"), ("QuoteAccepted", "accepted"),
              ("QuoteRejected", "rejected"), ("QuoteExpired", "expired"))}),
)  # fmt: skip

# That a case goes on is not told, nor what waits is put into other hands without waiting any less.
CARE = (
    begun("customer", "customers", "customer_id", "CustomerRegistered"),
    begun("service", "cases", "case_id", "CaseOpened"),
    last("the status of a case", "service", "CASE WHEN status IN ('resolved', 'closed') THEN status ELSE 'open' END",
          "case_id", "cases", CaseOpened="'open'", CaseAssigned="'open'", CaseWaiting="'open'", CaseReopened="'open'",
          CaseResolved="'resolved'", CaseClosed="'closed'"),
    own("who has a case in hand", "service",
        "SELECT case_id::text AS key, assignee AS value FROM cases WHERE assignee IS NOT NULL",
        told("service.CaseAssigned") + latest("data->>'assignee'")),
    begun("quality", "nonconformances", "nonconformance_id", "NonconformanceRaised"),
    begun("quality", "capas", "capa_id", "CapaOpened"),
    own(
        "the state of a nonconformance and its decisions", "quality",
        "SELECT nonconformance_id::text AS key, CASE status WHEN 'closed' THEN status ELSE 'open' END || ' '"
        " || jsonb_array_length(decisions) AS value FROM nonconformances",
        told("quality.NonconformanceRaised", "quality.NonconformanceDispositioned", "quality.NonconformanceClosed")
        + "SELECT subject::text AS key, CASE WHEN bool_or(event = 'NonconformanceClosed') THEN 'closed' ELSE 'open' END"
        " || ' ' || count(*) FILTER (WHERE event = 'NonconformanceDispositioned') AS value FROM told GROUP BY subject",
    ),
    last("the status of a corrective action", "quality", "status", "capa_id", "capas",
          CapaOpened="'open'", CapaRootCauseIdentified="'root_cause_identified'", CapaPlanned="'planned'",
          CapaImplemented="'implemented'", CapaVerifiedEffective="'effective'", CapaFoundIneffective="'open'"),
    last("a discrepancy", "insight", "CASE WHEN cleared_at IS NULL THEN 'open' ELSE 'cleared' END", "discrepancy_id",
          "discrepancies", DiscrepancyDetected="'open'", DiscrepancyCleared="'cleared'"),
)  # fmt: skip

-- verdicts_have_source: every row is an error: a verdict that came from nowhere, or a source without a verdict.
-- reads: traces

select round, trace_id, outcome, outcome_source
from traces
where (outcome = 'unknown') <> (outcome_source is null)
order by round, trace_id

-- rounds: one line per round up to the one reported, with the interval of held-out repair.
-- grain: one row per round
-- reads: round_summary

select
    *,

    -- 95 %, over tasks
    greatest(0, repair_after - 1.96 * standard_error) as repair_low,
    least(1, repair_after + 1.96 * standard_error) as repair_high

from round_summary
where round <= getvariable('round')
order by round

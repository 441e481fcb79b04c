-- costs: what each stage of a round cost.
-- grain: one row per stage
-- reads: ledger

select
    stage,
    wall_ms / 1000                               as wall_s,
    alignment_ms / 1000                          as alignment_s,
    cpu_ms / 1000                                as cpu_s,
    execution_count,
    unique_execution_count,
    cost_usd

from ledger
where round = getvariable('round')
order by stage

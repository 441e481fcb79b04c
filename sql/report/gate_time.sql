-- gate_time: what each gate cost in a round.
-- grain: one row per gate_index
-- reads: verdicts

select
    gate_index,
    any_value(gate)                              as gate,
    count(*)::integer                            as seen_count,
    count_if(not passed)::integer                as refused_count,
    fsum(wall_ms) / 1000                         as wall_s

from verdicts
where round = getvariable('round')
group by gate_index
order by gate_index

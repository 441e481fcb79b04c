-- gate_funnel: how many candidates each gate saw and refused, and why.
-- grain: one row per round, gate_index, reason_code
-- reads: verdicts

select
    round,
    gate_index,
    gate,
    reason_code,
    count(*)::integer                            as candidate_count,
    (sum(count(*)) over (partition by round, gate_index))::integer as seen_count,
    fsum(wall_ms) / 1000                         as wall_s

from verdicts
group by round, gate_index, gate, reason_code
order by round, gate_index, reason_code

-- failure_modes: how the attempts of each round ended, in the miner's words.
-- grain: one row per round, mode
-- reads: traces

select
    round,
    case when outcome = 'resolved' then 'repaired' else coalesce(failure_mode, outcome) end as mode,
    count(*)::integer                            as attempt_count,
    count(*) / sum(count(*)) over (partition by round) as share

from traces
where round <= getvariable('round') and task_id is not null and policy_id is not null
group by round, mode
order by round, mode

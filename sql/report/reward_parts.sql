-- reward_parts: parts of the Solver's reward over the attempts of each round.
-- grain: one row per round
-- reads: traces

select
    round,
    count(*)::integer                            as attempt_count,
    fsum(full_repair) / count(full_repair)       as full_repair,
    fsum(partial_repair) / count(partial_repair) as partial_repair,
    fsum(preservation) / count(preservation)     as preservation,
    fsum(reward) / count(reward)                 as reward

from traces
where round <= getvariable('round') and reward is not null
group by round
order by round

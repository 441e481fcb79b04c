-- tokens: tokens and money that the attempts of each round cost; nothing where no language model was asked.
-- grain: one row per round
-- reads: traces

select
    round,
    count(*)::integer                            as trace_count,
    sum(prompt_tokens)::double                   as prompt_tokens,
    sum(completion_tokens)::double               as completion_tokens,
    sum(cached_tokens)::double                   as cached_tokens,
    fsum(cost_usd)                               as cost_usd

from traces
where round <= getvariable('round')
group by round
order by round

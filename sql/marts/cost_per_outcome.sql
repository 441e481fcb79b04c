-- cost_per_outcome: what attempts cost by how they ended, and what a resolved task costs all in all.
-- grain: one row per round, agent, model, outcome
-- reads: stg_attempts

with totals as (

    select
        round,
        agent,
        model,
        fsum(cost_usd) / nullif(count_if(outcome = 'resolved'), 0) as usd_per_resolved

    from stg_attempts
    group by round, agent, model

)

select
    stg_attempts.round,
    stg_attempts.agent,
    stg_attempts.model,
    stg_attempts.outcome,
    count(*)::integer                            as attempt_count,
    fsum(stg_attempts.cost_usd)                  as total_usd,
    fsum(stg_attempts.cost_usd) / count(stg_attempts.cost_usd) as mean_usd,
    median(stg_attempts.prompt_tokens)           as median_prompt_tokens,
    median(stg_attempts.completion_tokens)       as median_completion_tokens,
    median(stg_attempts.step_count)              as median_steps,
    any_value(totals.usd_per_resolved)           as usd_per_resolved

from stg_attempts
inner join totals using (round, agent, model)
group by stg_attempts.round, stg_attempts.agent, stg_attempts.model, stg_attempts.outcome
order by stg_attempts.round, stg_attempts.agent, stg_attempts.model, stg_attempts.outcome

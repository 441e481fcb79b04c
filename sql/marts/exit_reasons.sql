-- exit_reasons: how attempts end, and how many of each kind were resolved.
-- grain: one row per round, agent, model, exit_class, exit_status
-- reads: stg_attempts

select
    round,
    agent,
    model,
    exit_class,
    coalesce(exit_status, 'none')                as exit_status,
    count(*)::integer                            as attempt_count,
    count_if(is_resolved)::integer               as resolved_count,
    count_if(not is_resolved)::integer           as failed_count,
    count_if(is_resolved is null)::integer       as unknown_count,
    count_if(is_resolved) / nullif(count(is_resolved), 0) as resolved_share,
    median(step_count)                           as median_steps

from stg_attempts
group by round, agent, model, exit_class, coalesce(exit_status, 'none')
order by round, agent, model, exit_class, coalesce(exit_status, 'none')

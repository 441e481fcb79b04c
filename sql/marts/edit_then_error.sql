-- edit_then_error: how often an edit is refused, or the very next call fails, and with what error.
-- grain: one row per round, repo, model, error_class
-- reads: stg_attempts, tool_calls

with episodes as (

    select
        tool_calls.round,
        stg_attempts.repo,
        stg_attempts.model,
        tool_calls.error_class,
        tool_calls.trace_id,
        stg_attempts.is_resolved,
        count_if(tool_calls.action in ('edit', 'create')) as refused_count,
        count_if(tool_calls.action not in ('edit', 'create')) as next_call_count

    from tool_calls
    inner join stg_attempts
        on tool_calls.round = stg_attempts.round and tool_calls.trace_id = stg_attempts.trace_id
    where
        tool_calls.error_class is not null
        and (
            tool_calls.action in ('edit', 'create')
            or split_part(tool_calls.action_trigram, ' ', 2) in ('edit', 'create')
        )
    group by all

)

select
    round,
    repo,
    model,
    error_class,
    count(*)::integer                            as attempt_count,
    sum(refused_count)::integer                  as refused_count,
    sum(next_call_count)::integer                as next_call_count,
    count_if(is_resolved)::integer               as resolved_count,
    count_if(not is_resolved)::integer           as failed_count

from episodes
group by round, repo, model, error_class
order by round, repo, model, error_class

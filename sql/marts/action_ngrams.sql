-- action_ngrams: three actions in a row, per thousand calls of failing and of succeeding attempts.
-- grain: one row per round, action_trigram
-- reads: stg_attempts, tool_calls

with counted as (

    select
        tool_calls.round,
        tool_calls.action_trigram,
        stg_attempts.is_resolved,
        count(*)                                 as occurrences

    from tool_calls
    inner join stg_attempts
        on tool_calls.round = stg_attempts.round and tool_calls.trace_id = stg_attempts.trace_id
    where tool_calls.action_trigram is not null and stg_attempts.is_resolved is not null
    group by all

),

sides as (

    select
        round,
        action_trigram,
        sum(occurrences) filter (not is_resolved) as failed_count,
        sum(occurrences) filter (is_resolved)    as resolved_count,
        sum(sum(occurrences) filter (not is_resolved)) over (partition by round) as failed_total,
        sum(sum(occurrences) filter (is_resolved)) over (partition by round) as resolved_total

    from counted
    group by round, action_trigram

),

rates as (

    select
        round,
        action_trigram,
        coalesce(failed_count, 0)::integer       as failed_count,
        coalesce(resolved_count, 0)::integer     as resolved_count,
        1000 * coalesce(failed_count, 0) / failed_total as failed_per_thousand,
        1000 * coalesce(resolved_count, 0) / resolved_total as resolved_per_thousand,
        (coalesce(failed_count, 0) + 0.5) / (failed_total + 1) as failed_rate,
        (coalesce(resolved_count, 0) + 0.5) / (resolved_total + 1) as resolved_rate

    from sides

)

select
    round,
    action_trigram,
    failed_count,
    resolved_count,
    failed_per_thousand,
    resolved_per_thousand,
    failed_rate / resolved_rate                  as lift,
    ln(failed_rate / resolved_rate) / sqrt(1 / (failed_count + 0.5) + 1 / (resolved_count + 0.5)) as z

from rates
order by round, action_trigram

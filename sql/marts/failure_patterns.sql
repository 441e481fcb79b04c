-- failure_patterns: errors of tools by repository and model, and how much more often failing attempts meet them.
-- grain: one row per round, error_class, tool, repo, model
-- reads: stg_attempts, tool_calls

with judged as (

    select round, trace_id, repo, model, is_resolved
    from stg_attempts
    where is_resolved is not null

),

totals as (

    select
        round,
        repo,
        model,
        count_if(not is_resolved)                as failed_total,
        count_if(is_resolved)                    as resolved_total

    from judged
    group by round, repo, model

),

-- one row per attempt that met the error, so that a noisy attempt counts once
met as (

    select
        tool_calls.round,
        tool_calls.error_class,
        tool_calls.function_name                 as tool,
        judged.repo,
        judged.model,
        judged.is_resolved,
        tool_calls.trace_id,
        count(*)                                 as call_count

    from tool_calls
    inner join judged
        on tool_calls.round = judged.round and tool_calls.trace_id = judged.trace_id
    where tool_calls.error_class is not null
    group by all

),

patterns as (

    select
        round,
        error_class,
        tool,
        repo,
        model,
        sum(call_count)                          as call_count,
        count_if(not is_resolved)                as failed_count,
        count_if(is_resolved)                    as resolved_count

    from met
    group by round, error_class, tool, repo, model

)

select
    patterns.round,
    patterns.error_class,
    patterns.tool,
    patterns.repo,
    patterns.model,
    patterns.call_count::integer                 as call_count,
    patterns.failed_count::integer               as failed_count,
    totals.failed_total::integer                 as failed_total,
    patterns.resolved_count::integer             as resolved_count,
    totals.resolved_total::integer               as resolved_total,

    -- half an attempt is added to each side, so that few attempts give a modest lift
    (patterns.failed_count + 0.5) / (totals.failed_total + 1)
    / ((patterns.resolved_count + 0.5) / (totals.resolved_total + 1)) as lift

from patterns
inner join totals using (round, repo, model)
order by patterns.round, patterns.error_class, patterns.tool, patterns.repo, patterns.model

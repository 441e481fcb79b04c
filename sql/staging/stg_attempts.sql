-- stg_attempts: an agent's attempt at a task, with one name for who attempted it and one word for how it went.
-- grain: one row per round, trace_id
-- reads: traces

select
    round,
    trace_id,
    parent_trace_id,
    task_id,
    coalesce(repo, repository_id, 'unknown')     as repo,
    language,
    coalesce(agent_name, 'unknown')              as agent,

    -- runs that differ in a last number only are repetitions of one another
    coalesce(model_name, policy_id, regexp_replace(run_id, '_[0-9]+$', ''), 'unknown') as model,
    run_id,
    source_format,
    outcome,
    case outcome
        when 'resolved' then true
        when 'unknown' then null
        else false
    end                                          as is_resolved,
    exit_class,
    exit_status,
    coalesce(is_infra_failure, false)            as is_infra_failure,
    edited_paths,
    prompt_tokens,
    completion_tokens,
    cost_usd,
    step_count,
    tool_call_count

from traces
order by round, trace_id

-- trace_list: every attempt, ours and imported.
-- grain: one row per round, trace_id
-- reads: traces, repositories

with libraries as (

    select repository_id, any_value(name) as name
    from repositories
    group by repository_id

)

select
    traces.round,
    traces.trace_id,
    traces.task_id,
    coalesce(libraries.name, traces.repo)        as repository,
    traces.source_format,
    coalesce(traces.model_name, traces.agent_name) as agent,
    traces.outcome,
    traces.exit_class,
    traces.failure_mode,
    traces.attempt,
    traces.step_count,
    traces.tool_call_count,
    traces.reward,
    traces.cost_usd,
    lower(concat_ws(' ', traces.trace_id, traces.task_id, libraries.name, traces.repo, traces.agent_name, traces.model_name, traces.source_uri, traces.run_id, traces.problem_statement)) as search_text

from traces
left join libraries on traces.repository_id = libraries.repository_id
order by traces.round, traces.trace_id

-- call_loops: the same call made three times or more without a change to any file in between.
-- grain: one row per round, trace_id, tool
-- reads: stg_attempts, tool_calls

select
    tool_calls.round,
    tool_calls.trace_id,
    tool_calls.function_name                     as tool,
    any_value(stg_attempts.model)                as model,
    any_value(stg_attempts.task_id)              as task_id,
    any_value(stg_attempts.outcome)              as outcome,
    max(tool_calls.repeat_index)::integer        as longest_loop,
    count(*)::integer                            as wasted_calls,
    min(tool_calls.step_id)::integer             as first_step,
    arg_max(left(coalesce(tool_calls.command, tool_calls.arguments), 200), (tool_calls.repeat_index, -tool_calls.step_id)) as example

from tool_calls
inner join stg_attempts
    on tool_calls.round = stg_attempts.round and tool_calls.trace_id = stg_attempts.trace_id
where tool_calls.repeat_index >= 3
group by tool_calls.round, tool_calls.trace_id, tool_calls.function_name
order by tool_calls.round, tool_calls.trace_id, tool_calls.function_name

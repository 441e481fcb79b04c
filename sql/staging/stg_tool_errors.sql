-- stg_tool_errors: calls that went wrong, with as much of what came back as tells why.
-- grain: one row per round, trace_id, step_id, call_index
-- reads: tool_calls

select
    round,
    trace_id,
    step_id,
    call_index,
    function_name                                as tool,
    action,
    error_class,
    target_path                                  as path,
    left(command, 400)                           as command,
    left(result_content, 600)                    as result_start,
    right(result_content, 600)                   as result_end

from tool_calls
where error_class is not null
order by round, trace_id, step_id, call_index

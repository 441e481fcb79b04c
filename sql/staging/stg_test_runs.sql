-- stg_test_runs: tests that an attempt ran itself, and how they ended.
-- grain: one row per round, trace_id, step_id, call_index
-- reads: tool_calls

select
    round,
    trace_id,
    step_id,
    call_index,
    left(command, 300)                           as command,
    error_class

from tool_calls
where action = 'test' and command is not null
order by round, trace_id, step_id, call_index

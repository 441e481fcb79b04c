-- traces_whole: every row is an error: a trace whose steps or calls are not as many as it says.
-- reads: steps, tool_calls, traces

with step_counts as (

    select round, trace_id, count(*) as step_count
    from steps
    group by round, trace_id

),

call_counts as (

    select round, trace_id, count(*) as tool_call_count
    from tool_calls
    group by round, trace_id

)

select
    traces.round,
    traces.trace_id,
    traces.step_count,
    coalesce(step_counts.step_count, 0)          as steps_found,
    traces.tool_call_count,
    coalesce(call_counts.tool_call_count, 0)     as calls_found

from traces
left join step_counts using (round, trace_id)
left join call_counts using (round, trace_id)
where
    traces.step_count <> coalesce(step_counts.step_count, 0)
    or traces.tool_call_count <> coalesce(call_counts.tool_call_count, 0)
order by traces.round, traces.trace_id

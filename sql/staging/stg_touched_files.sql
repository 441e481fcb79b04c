-- stg_touched_files: files that an attempt opened or changed, and at which step it first did; a refused edit counts where none went through.
-- grain: one row per round, trace_id, path
-- reads: tool_calls

select
    round,
    trace_id,
    target_path                                  as path,
    min(step_id) filter (action in ('open', 'search'))::integer as first_open_step,
    coalesce(
        min(step_id) filter (action in ('edit', 'create') and error_class is null),
        min(step_id) filter (action in ('edit', 'create'))
    )::integer                                   as first_edit_step,
    count_if(action in ('edit', 'create'))::integer as edit_count

from tool_calls
where target_path is not null
group by round, trace_id, target_path
order by round, trace_id, target_path

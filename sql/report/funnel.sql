-- funnel: where the candidates of a round ended: refused by a gate, left out by the selection, or selected.
-- grain: one row per step_index, reason
-- reads: task_fates

select
    step_index,
    step,
    reason,
    count(*)::integer                            as task_count,
    list(task_id order by task_id)[1:3]          as example_task_ids

from task_fates
where round = getvariable('round')
group by step_index, step, reason
order by step_index, task_count desc, reason

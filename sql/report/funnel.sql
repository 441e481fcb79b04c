-- funnel: where the candidates of a round ended: refused by a gate, left out by the selection, or selected.
-- grain: one row per step_index, reason
-- reads: tasks, verdicts, scores, selections

with refused as (

    select task_id, gate_index, gate, reason_code
    from verdicts
    where round = getvariable('round') and not passed

),

fates as (

    select
        tasks.task_id,
        case
            when refused.gate is not null then refused.gate_index
            when selections.task_id is not null then 7
            when scores.cosine is not null then 6
            else 5
        end                                      as step_index,
        case
            when refused.gate is not null then refused.gate
            when selections.task_id is not null then 'selected'
            when scores.cosine is not null then 'selection'
            when scores.task_id is not null then 'gradient'
            else 'not scored'
        end                                      as step,
        case
            when refused.gate is not null then refused.reason_code
            when selections.task_id is not null then 'selected'
            when scores.cosine <= 0 then 'points away from the validation set'
            when scores.cosine > 0 then 'left out by budget or quota'
            else coalesce(scores.zero_reason, 'no score in this round')
        end                                      as reason

    from tasks
    left join refused using (task_id)
    left join scores on tasks.task_id = scores.task_id and tasks.round = scores.round
    left join selections on tasks.task_id = selections.task_id and tasks.round = selections.round
    where tasks.round = getvariable('round')

)

select
    step_index,
    step,
    reason,
    count(*)::integer                            as task_count,
    list(task_id order by task_id)[1:3]          as example_task_ids

from fates
group by step_index, step, reason
order by step_index, task_count desc, reason

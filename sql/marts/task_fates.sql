-- task_fates: where each candidate ended and why: refused by a gate, left out by the selection, or selected.
-- grain: one row per round, task_id
-- reads: tasks, verdicts, scores, selections

with refused as (

    select round, task_id, gate_index, gate, reason_code
    from verdicts
    where not passed

)

select
    tasks.round,
    tasks.task_id,
    case
        when refused.gate is not null then refused.gate_index
        when selections.task_id is not null then 7
        when scores.cosine is not null then 6
        else 5
    end                                          as step_index,
    case
        when refused.gate is not null then refused.gate
        when selections.task_id is not null then 'selected'
        when scores.cosine is not null then 'selection'
        when scores.task_id is not null then 'gradient'
        else 'not scored'
    end                                          as step,
    case
        when refused.gate is not null then refused.reason_code
        when selections.task_id is not null then 'selected'
        when scores.cosine <= 0 then 'points away from the validation set'
        when scores.cosine > 0 then 'left out by budget or quota'
        else coalesce(scores.zero_reason, 'no score in this round')
    end                                          as reason

from tasks
left join refused on tasks.round = refused.round and tasks.task_id = refused.task_id
left join scores on tasks.round = scores.round and tasks.task_id = scores.task_id
left join selections on tasks.round = selections.round and tasks.task_id = selections.task_id
order by tasks.round, tasks.task_id

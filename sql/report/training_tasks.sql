-- training_tasks: every held-out task before and after the round's training.
-- grain: one row per task_id
-- reads: evaluations, repositories

with before_training as (

    select task_id, solved_count / attempt_count as repair_rate
    from evaluations
    where round = getvariable('round') - 1 and split = 'held_out'

),

after_training as (

    select task_id, repository_id, solved_count / attempt_count as repair_rate
    from evaluations
    where round = getvariable('round') and split = 'held_out'

)

select
    after_training.task_id,
    any_value(repositories.name)                 as repository,
    any_value(before_training.repair_rate)       as repair_before,
    any_value(after_training.repair_rate)        as repair_after,
    any_value(after_training.repair_rate - before_training.repair_rate) as change

from after_training
inner join before_training using (task_id)
left join repositories on after_training.repository_id = repositories.repository_id
group by after_training.task_id
order by after_training.task_id

-- selection: the training set of a round, best first.
-- grain: one row per rank
-- reads: selections, scores, tasks, repositories, skills

select
    selections.rank,
    selections.task_id,
    any_value(repositories.name)                 as repository,
    any_value(tasks.skill_id)                    as skill_id,
    any_value(skills.name)                       as skill,
    any_value(scores.cosine)                     as cosine,
    any_value(scores.pass_rate)                  as pass_rate,
    any_value(selections.value)                  as value,
    any_value(selections.policy)                 as policy

from selections
inner join scores on selections.task_id = scores.task_id and selections.round = scores.round
inner join tasks on selections.task_id = tasks.task_id and selections.round = tasks.round
left join repositories on tasks.repository_id = repositories.repository_id
left join skills on tasks.skill_id = skills.skill_id and tasks.round = skills.round
where selections.round = getvariable('round')
group by selections.rank, selections.task_id
order by selections.rank, selections.task_id

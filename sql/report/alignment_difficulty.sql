-- alignment_difficulty: cosine to the validation direction against the Solver's pass rate, for every task with a gradient.
-- grain: one row per task_id
-- reads: scores, selections, tasks, repositories

select
    scores.task_id,
    scores.pass_rate,
    scores.cosine,
    selections.rank,
    selections.task_id is not null               as is_selected,
    any_value(repositories.name)                 as repository,
    tasks.skill_id

from scores
inner join tasks on scores.task_id = tasks.task_id and scores.round = tasks.round
left join selections on scores.task_id = selections.task_id and scores.round = selections.round
left join repositories on tasks.repository_id = repositories.repository_id
where scores.round = getvariable('round') and scores.is_valid and scores.cosine is not null
group by scores.task_id, scores.pass_rate, scores.cosine, selections.rank, selections.task_id, tasks.skill_id
order by scores.task_id

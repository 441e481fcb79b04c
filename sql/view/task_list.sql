-- task_list: every candidate with where it ended and what it is worth.
-- grain: one row per round, task_id
-- reads: tasks, repositories, answer_keys, task_fates, scores, selections, skills, traces

with libraries as (

    select repository_id, any_value(name) as name
    from repositories
    group by repository_id

),

attempts as (

    select task_id, count(*)::integer as attempt_count, count_if(outcome = 'resolved')::integer as resolved_count
    from traces
    where task_id is not null
    group by task_id

)

select
    tasks.round,
    tasks.task_id,
    coalesce(libraries.name, tasks.repository_id) as repository,
    tasks.language,
    answer_keys.operator,
    task_fates.step                              as ended_at,
    task_fates.reason,
    selections.rank,
    scores.cosine,
    scores.pass_rate,
    len(answer_keys.fail_to_pass)::integer       as failing_count,
    attempts.attempt_count,
    attempts.resolved_count,
    tasks.skill_id,
    skills.name                                  as skill,
    lower(concat_ws(' ', tasks.task_id, libraries.name, answer_keys.operator, answer_keys.symbol, skills.name, tasks.problem_statement)) as search_text

from tasks
left join libraries on tasks.repository_id = libraries.repository_id
left join answer_keys on tasks.round = answer_keys.round and tasks.task_id = answer_keys.task_id
inner join task_fates on tasks.round = task_fates.round and tasks.task_id = task_fates.task_id
left join scores on tasks.round = scores.round and tasks.task_id = scores.task_id
left join selections on tasks.round = selections.round and tasks.task_id = selections.task_id
left join skills on tasks.round = skills.round and tasks.skill_id = skills.skill_id
left join attempts on tasks.task_id = attempts.task_id
order by tasks.round, tasks.task_id

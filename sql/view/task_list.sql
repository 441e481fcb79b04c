-- task_list: every candidate with where it ended and what it is worth.
-- grain: one row per round, task_id
-- reads: tasks, repositories, answer_keys, verdicts, scores, selections, skills, traces

with refused as (

    select round, task_id, gate, reason_code
    from verdicts
    where not passed

),

libraries as (

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
    case
        when refused.gate is not null then refused.gate
        when selections.task_id is not null then 'selected'
        when scores.cosine is not null then 'selection'
        when scores.task_id is not null then 'gradient'
        else 'not scored'
    end                                          as ended_at,
    case
        when refused.gate is not null then refused.reason_code
        when selections.task_id is not null then 'selected'
        when scores.cosine <= 0 then 'points away from the validation set'
        when scores.cosine > 0 then 'left out by budget or quota'
        else coalesce(scores.zero_reason, 'no score in this round')
    end                                          as reason,
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
left join refused on tasks.round = refused.round and tasks.task_id = refused.task_id
left join scores on tasks.round = scores.round and tasks.task_id = scores.task_id
left join selections on tasks.round = selections.round and tasks.task_id = selections.task_id
left join skills on tasks.round = skills.round and tasks.skill_id = skills.skill_id
left join attempts on tasks.task_id = attempts.task_id
order by tasks.round, tasks.task_id

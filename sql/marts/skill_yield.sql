-- skill_yield: what came of the candidates that each skill asked for.
-- grain: one row per round, skill_id
-- reads: tasks, scores, selections, skills

with candidates as (

    select
        tasks.round,
        coalesce(tasks.skill_id, 'untargeted')   as skill_id,
        scores.is_valid,
        scores.cosine,
        scores.pass_rate,
        selections.task_id is not null           as is_selected

    from tasks
    inner join scores
        on tasks.task_id = scores.task_id and tasks.round = scores.round
    left join selections
        on tasks.task_id = selections.task_id and tasks.round = selections.round

)

select
    candidates.round,
    candidates.skill_id,
    any_value(skills.name)                       as name,
    count(*)::integer                            as candidate_count,
    count_if(is_valid)::integer                  as valid_count,
    count_if(is_selected)::integer               as selected_count,
    fsum(cosine) / count(cosine)                 as mean_cosine,
    fsum(pass_rate) / count(pass_rate)           as mean_pass_rate,

    -- a skill whose every candidate is refused is a broken skill, not a hard one
    not bool_or(is_valid)                        as is_dead

from candidates
left join skills
    on candidates.skill_id = skills.skill_id and candidates.round = skills.round
group by candidates.round, candidates.skill_id
order by candidates.round, candidates.skill_id

-- task_lineage: from an exported task back to the skill that asked for it and to the trace steps that show the weakness.
-- grain: one row per round, task_id, trace_id, step_id
-- reads: tasks, repositories, skills, scores, selections, verdicts, steps

with evidence as (

    select
        round,
        skill_id,
        unnest(evidence_steps)                                   as evidence_step

    from skills

),

shown as (

    select
        evidence.round,
        evidence.skill_id,
        split_part(evidence_step, '#', 1)                        as trace_id,
        split_part(evidence_step, '#', 2)::integer               as step_id

    from evidence

),

judged as (

    select
        round,
        task_id,
        bool_and(passed)                                         as is_valid,
        max(harness_id)                                          as harness_id

    from verdicts
    group by round, task_id

)

select
    tasks.round,
    tasks.task_id,
    shown.trace_id,
    shown.step_id,
    repositories.name                                            as repository,
    repositories.version                                         as repository_version,
    repositories.licence,
    tasks.skill_id,
    skills.name                                                  as skill_name,
    skills.kind                                                  as skill_kind,
    skills.lift                                                  as skill_lift,
    selections.rank                                              as selection_rank,
    selections.policy                                            as selection_policy,
    selections.reason                                            as selection_reason,
    scores.cosine,
    scores.pass_rate,
    judged.is_valid,
    judged.harness_id,
    steps.round                                                  as trace_round,
    steps.message                                                as step_message

from tasks
inner join repositories
    on tasks.repository_id = repositories.repository_id
left join judged
    on tasks.task_id = judged.task_id and tasks.round = judged.round
left join scores
    on tasks.task_id = scores.task_id and tasks.round = scores.round
left join selections
    on tasks.task_id = selections.task_id and tasks.round = selections.round
left join skills
    on tasks.skill_id = skills.skill_id and tasks.round = skills.round
left join shown
    on tasks.skill_id = shown.skill_id and tasks.round = shown.round
left join steps
    on shown.trace_id = steps.trace_id and shown.step_id = steps.step_id
order by tasks.round, tasks.task_id, shown.trace_id, shown.step_id

-- coverage: how the registry of skills grows over rounds, and how much of what fails it has a card for.
-- grain: one row per round
-- reads: skills, traces, answer_keys, tasks

with cards as (

    select
        round,
        count_if(lineage = 'new')::integer       as new_count,
        count_if(lineage = 'carried')::integer   as carried_count,
        count_if(lineage = 'merged')::integer    as merged_count,
        count_if(lineage = 'retired')::integer   as retired_count

    from skills
    where round <= getvariable('round')
    group by round

),

known as (

    select first_round as round, count(distinct skill_id)::integer as first_seen_count
    from skills
    where round <= getvariable('round')
    group by first_round

),

-- a failed task is covered when a standing card of the next round is about its kind of mistake
failed as (

    select distinct traces.round + 1 as round, traces.task_id, answer_keys.operator
    from traces
    inner join answer_keys on traces.task_id = answer_keys.task_id
    where traces.outcome <> 'resolved'

),

standing as (

    select distinct round, operator
    from skills
    where lineage in ('new', 'carried')

),

covered as (

    select
        failed.round,
        count(*)::integer                        as failed_task_count,
        count_if(standing.operator is not null)::integer as covered_task_count

    from failed
    left join standing on failed.round = standing.round and failed.operator = standing.operator
    group by failed.round

),

aimed as (

    select round, count_if(skill_id is not null) / count(*) as aimed_share
    from tasks
    group by round

)

select
    cards.round,
    cards.new_count,
    cards.carried_count,
    cards.merged_count,
    cards.retired_count,
    (sum(coalesce(known.first_seen_count, 0)) over (order by cards.round))::integer as known_count,
    covered.failed_task_count,
    covered.covered_task_count,
    covered.covered_task_count / covered.failed_task_count as covered_share,
    aimed.aimed_share

from cards
left join known using (round)
left join covered using (round)
left join aimed using (round)
order by cards.round

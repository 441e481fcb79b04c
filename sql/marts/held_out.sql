-- held_out: share of held-out attempts that fully repaired, with its standard error over tasks.
-- grain: one row per round
-- reads: evaluations

with per_task as (

    select
        round,
        task_id,
        solved_count / attempt_count             as solved_share,
        mean_steps

    from evaluations
    where split = 'held_out'

)

select
    round,
    count(*)::integer                            as task_count,
    fsum(solved_share) / count(*)                as repair_rate,
    stddev_samp(solved_share) / sqrt(count(*))   as standard_error,
    fsum(mean_steps) / count(*)                  as mean_steps

from per_task
group by round
order by round

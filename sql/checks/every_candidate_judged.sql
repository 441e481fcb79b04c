-- every_candidate_judged: every row is an error: a candidate without a verdict, or a verdict without a candidate.
-- reads: tasks, verdicts

with judged as (

    select distinct round, task_id
    from verdicts

),

rounds_judged as (

    select distinct round
    from verdicts

)

select coalesce(tasks.round, judged.round) as round, coalesce(tasks.task_id, judged.task_id) as task_id
from tasks
full outer join judged using (round, task_id)
where
    (tasks.task_id is null or judged.task_id is null)
    and coalesce(tasks.round, judged.round) in (select round from rounds_judged)
order by 1, 2

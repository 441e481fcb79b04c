-- solver_failures: what attempts fail at, by kind of mistake, repository and failure mode.
-- grain: one row per round, repository, operator, failure_mode
-- reads: traces, answer_keys, repositories

with attempts as (

    select
        traces.round,
        repositories.name                        as repository,
        answer_keys.operator,
        traces.failure_mode,
        traces.task_id,
        traces.outcome

    from traces
    inner join answer_keys on traces.task_id = answer_keys.task_id
    inner join repositories on traces.repository_id = repositories.repository_id

),

totals as (

    select
        round,
        count_if(outcome <> 'resolved') / count(*) as base_rate

    from attempts
    group by round

),

by_operator as (

    select
        round,
        repository,
        operator,
        count(*)                                 as attempt_count,
        count_if(outcome <> 'resolved') / count(*) as failure_rate

    from attempts
    group by round, repository, operator

)

select
    attempts.round,
    attempts.repository,
    attempts.operator,
    attempts.failure_mode,
    count(*)::integer                            as attempt_count,
    count(distinct attempts.task_id)::integer    as task_count,
    by_operator.failure_rate,
    by_operator.failure_rate / nullif(totals.base_rate, 0) as lift

from attempts
inner join by_operator using (round, repository, operator)
inner join totals using (round)
where attempts.outcome <> 'resolved'
group by attempts.round, attempts.repository, attempts.operator, attempts.failure_mode, by_operator.failure_rate, totals.base_rate
order by attempts.round, attempts.repository, attempts.operator, attempts.failure_mode

-- failures_by_repository: attempts that the round learned from, by kind of mistake and library, with their repair rate.
-- grain: one row per operator, repository
-- reads: traces, answer_keys, repositories

select
    answer_keys.operator,
    repositories.name                            as repository,
    count(*)::integer                            as attempt_count,
    count(distinct traces.task_id)::integer      as task_count,
    count_if(traces.outcome = 'resolved')::integer as resolved_count,
    count_if(traces.outcome = 'resolved') / count(*) as repair_rate,
    mode(traces.failure_mode order by traces.failure_mode) filter (traces.outcome <> 'resolved') as usual_failure

from traces
inner join answer_keys on traces.task_id = answer_keys.task_id
inner join repositories on traces.repository_id = repositories.repository_id
where traces.round = greatest(0, getvariable('round') - 1)
group by answer_keys.operator, repositories.name
order by answer_keys.operator, repositories.name

-- failures_by_round: repair rate of the attempts of each round, by kind of mistake.
-- grain: one row per operator, round
-- reads: traces, answer_keys

select
    answer_keys.operator,
    traces.round,
    count(*)::integer                            as attempt_count,
    count(distinct traces.task_id)::integer      as task_count,
    count_if(traces.outcome = 'resolved') / count(*) as repair_rate

from traces
inner join answer_keys on traces.task_id = answer_keys.task_id
where traces.round <= getvariable('round')
group by answer_keys.operator, traces.round
order by answer_keys.operator, traces.round

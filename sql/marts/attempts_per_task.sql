-- attempts_per_task: chance that at least one of k attempts resolves a task, over tasks with k judged attempts or more.
-- grain: one row per round, agent, model, k
-- reads: stg_attempts

with tasks as (

    select
        round,
        agent,
        model,
        task_id,
        count(*)                                 as attempts,
        count_if(is_resolved)                    as successes

    from stg_attempts
    where is_resolved is not null and task_id is not null and parent_trace_id is null
    group by round, agent, model, task_id

),

-- 1 - C(n - c, k) / C(n, k), without the bias of counting the first k
chances as (

    select
        tasks.round,
        tasks.agent,
        tasks.model,
        ks.k,
        case
            when tasks.attempts - tasks.successes < ks.k then 1.0
            else 1 - exp(
                lgamma(tasks.attempts - tasks.successes + 1.0) - lgamma(tasks.attempts - tasks.successes - ks.k + 1.0)
                - lgamma(tasks.attempts + 1.0) + lgamma(tasks.attempts - ks.k + 1.0)
            )
        end                                      as chance

    from tasks
    inner join (select unnest(range(1, 9))::integer as k) as ks
        on tasks.attempts >= ks.k

),

summed as (

    select
        round,
        agent,
        model,
        k,
        count(*)                                 as task_count,
        fsum(chance) / count(*)                  as pass_at_k,
        sqrt(
            greatest(0, fsum(chance * chance) / count(*) - pow(fsum(chance) / count(*), 2))
            / nullif(count(*) - 1, 0)
        )                                        as standard_error

    from chances
    group by round, agent, model, k

)

select
    round,
    agent,
    model,
    k,
    task_count::integer                          as task_count,
    pass_at_k,

    -- 95 %, over tasks; one task says nothing about its like
    greatest(0, pass_at_k - 1.96 * standard_error) as pass_at_k_low,
    least(1, pass_at_k + 1.96 * standard_error)  as pass_at_k_high

from summed
order by round, agent, model, k

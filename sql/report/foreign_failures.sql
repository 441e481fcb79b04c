-- foreign_failures: errors that imported attempts meet, by repository; the fifteen that failing attempts meet most.
-- grain: one row per error_class, repo
-- reads: failure_patterns, traces

with imported as (

    select count(*) as trace_count
    from traces
    where round <= getvariable('round') and policy_id is null

),

patterns as (

    select
        error_class,
        repo,
        sum(failed_count)::integer               as failed_count,
        sum(resolved_count)::integer             as resolved_count,
        (sum(sum(failed_count)) over (partition by error_class))::integer as class_count,
        (sum(sum(failed_count)) over (partition by repo))::integer as repo_count

    from failure_patterns
    where round <= getvariable('round')
    group by error_class, repo

),

ranked as (

    select
        *,
        dense_rank() over (order by class_count desc, error_class) as class_rank,
        dense_rank() over (order by repo_count desc, repo) as repo_rank

    from patterns

)

select ranked.error_class, ranked.repo, ranked.failed_count, ranked.resolved_count
from ranked
cross join imported
where class_rank <= 15 and repo_rank <= 15 and imported.trace_count > 0
order by ranked.error_class, ranked.repo
